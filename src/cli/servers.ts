/**
 * The servers of `serve`: the one for kube-scheduler, by mutual TLS if there are files for it, and the one for probes.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { PROBE_LIMITS, SCHEDULER_LIMITS } from '../http/limits.ts';
import type { RunningServer } from '../http/server.ts';
import { listen } from '../http/server.ts';
import type { TlsFiles, TlsMaterial } from '../http/tls-files.ts';
import { readTlsFiles, TlsFilesFollower } from '../http/tls-files.ts';
import type { Logger } from '../telemetry/logger.ts';
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
  /** Takes no more calls of kube-scheduler and finishes those under way, in at most `timeoutMs`; pages go on. */
  closeVerbs(timeoutMs: number): Promise<void>;
  closeProbes(): Promise<void>;
}

/** @throws {Error} when an address cannot be listened on, or a file of TLS cannot be used. */
export async function openServers(
  apps: { readonly app: RequestListener; readonly probes: RequestListener },
  settings: TlsSettings,
  logger: Logger,
): Promise<Servers> {
  const files = tlsFilesOf(settings);
  const tls = files === undefined ? undefined : await readTlsFiles(files);
  const turnedAway = sparingly(
    (reasons) => logger.warn({ reasons }, 'connections were turned away'),
    TURNED_AWAY_MS,
    (run, delayMs) => setTimeout(run, delayMs).unref(),
  );
  const verbs = await listen(apps.app, settings.listen, { limits: SCHEDULER_LIMITS, tls, turnedAway });
  const probes = await probesOf(apps.probes, settings, turnedAway).catch(async (error: unknown) => {
    await verbs.close(0);
    throw error;
  });
  const stopFollowing =
    files === undefined || tls === undefined ? undefined : follow(files, tls, verbs, logger);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${endpointText(verbs)}`,
    probesUrl: probes === undefined ? undefined : `http://${endpointText(probes)}`,
    closeVerbs: async (timeoutMs) => {
      stopFollowing?.();
      await verbs.close(timeoutMs);
    },
    closeProbes: async () => probes?.close(0),
  };
}

async function probesOf(
  app: RequestListener,
  { probes }: TlsSettings,
  turnedAway: (why: string) => void,
): Promise<RunningServer | undefined> {
  return probes === undefined ? undefined : listen(app, probes, { limits: PROBE_LIMITS, turnedAway });
}

function follow(files: TlsFiles, read: TlsMaterial, server: RunningServer, logger: Logger): () => void {
  const follower = new TlsFilesFollower(files, read, {
    changed: (material) => {
      server.show(material);
      logger.info({ notAfter: material.notAfter }, 'TLS files were read again and are in use');
    },
    unusable: (message) => {
      logger.error({ files }, `TLS files cannot be used, those read before stay in use: ${message}`);
    },
  });
  const timer = setInterval(() => void follower.look(), LOOK_MS);
  return () => clearInterval(timer);
}
