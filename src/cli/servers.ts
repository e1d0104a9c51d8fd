/**
 * The servers of `serve`: the one for kube-scheduler, by mutual TLS if there are files for it, the one for probes, and the one
 * for the page.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { PAGE_LIMITS, PROBE_LIMITS, SCHEDULER_LIMITS } from '../http/limits.ts';
import type { RunningServer } from '../http/server.ts';
import { listen } from '../http/server.ts';
import type { TlsFiles, TlsMaterial } from '../http/tls-files.ts';
import { readTlsFiles, TlsFilesFollower } from '../http/tls-files.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { PageSettings } from './page-settings.ts';
import { isPageLocal } from './page-settings.ts';
import { sparingly } from './sparingly.ts';
import type { TlsSettings } from './tls-settings.ts';
import { tlsFilesOf } from './tls-settings.ts';
import { endpointText } from './values.ts';

/** How often the files of TLS are looked at. Kubernetes takes a minute to bring a changed secret into a pod. */
const LOOK_MS = 10_000;
const TURNED_AWAY_MS = 10_000;

export interface Servers {
  /** Where kube-scheduler finds the verbs. */
  readonly url: string;
  /** Where the pages are found without a certificate; undefined: nowhere but at {@link url}. */
  readonly probesUrl: string | undefined;
  /** Where people find the page; undefined: nowhere. */
  readonly pageUrl: string | undefined;
  /** Takes no more calls of kube-scheduler and finishes those under way, in at most `timeoutMs`; pages go on. */
  closeVerbs(timeoutMs: number): Promise<void>;
  /** Those for probes and for people. */
  closePages(): Promise<void>;
}

export interface Apps {
  readonly app: RequestListener;
  readonly probes: RequestListener;
  /** Undefined: there is no page. */
  readonly page: RequestListener | undefined;
  /** Told when the certificate that is shown ends, and again when another is. */
  readonly certificateEnds: (at: Date) => void;
}

/** @throws {Error} when an address cannot be listened on, or a file of TLS cannot be used. */
export async function openServers(
  apps: Apps,
  settings: PageSettings & TlsSettings,
  logger: Logger,
): Promise<Servers> {
  const files = tlsFilesOf(settings);
  const tls = files === undefined ? undefined : await readTlsFiles(files);
  const turnedAway = sparingly(
    (reasons) => logger.warn({ reasons }, 'connections were turned away'),
    TURNED_AWAY_MS,
    (run, delayMs) => setTimeout(run, delayMs).unref(),
  );
  const opened: RunningServer[] = [];
  const open = async (...server: Parameters<typeof listen>): Promise<RunningServer> => {
    const running = await listen(...server).catch(async (error: unknown) => {
      await Promise.all(opened.map((other) => other.close(0)));
      throw error;
    });
    opened.push(running);
    return running;
  };
  const verbs = await open(apps.app, settings.listen, { limits: SCHEDULER_LIMITS, tls, turnedAway });
  const probes =
    settings.probes && (await open(apps.probes, settings.probes, { limits: PROBE_LIMITS, turnedAway }));
  const pageTls = isPageLocal(settings) ? undefined : tls;
  const page =
    settings.page &&
    apps.page &&
    (await open(apps.page, settings.page, { limits: PAGE_LIMITS, tls: pageTls, turnedAway }));
  const secured = [verbs, ...(page === undefined || pageTls === undefined ? [] : [page])];
  const stopFollowing =
    files === undefined || tls === undefined
      ? undefined
      : follow(files, tls, logger, (material) => {
          for (const server of secured) server.show(material);
          apps.certificateEnds(material.notAfter);
        });
  if (tls !== undefined) apps.certificateEnds(tls.notAfter);
  return {
    url: urlOf(verbs, tls),
    probesUrl: probes && urlOf(probes, undefined),
    pageUrl: page && urlOf(page, pageTls),
    closeVerbs: async (timeoutMs) => {
      stopFollowing?.();
      await verbs.close(timeoutMs);
    },
    closePages: async () => {
      await Promise.all([probes?.close(0), page?.close(0)]);
    },
  };
}

function urlOf(server: RunningServer, tls: TlsMaterial | undefined): string {
  return `${tls === undefined ? 'http' : 'https'}://${endpointText(server)}`;
}

function follow(
  files: TlsFiles,
  read: TlsMaterial,
  logger: Logger,
  show: (material: TlsMaterial) => void,
): () => void {
  const follower = new TlsFilesFollower(files, read, {
    changed: (material) => {
      show(material);
      logger.info({ notAfter: material.notAfter }, 'TLS files were read again and are in use');
    },
    unusable: (message) => {
      logger.error({ files }, `TLS files cannot be used, those read before stay in use: ${message}`);
    },
  });
  const timer = setInterval(() => void follower.look(), LOOK_MS);
  return () => clearInterval(timer);
}
