/**
 * The part of `serve` that runs the webhook: constructs it, and keeps its registration and its certificate up to date
 * while the program runs.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { AdmissionAppParts } from '../admission/app.ts';
import { buildAdmissionApp, MUTATE_PATH } from '../admission/app.ts';
import type { Certificate } from '../admission/certificate.ts';
import { mutatesPodsOf } from '../admission/mutation.ts';
import { PolicyNamespaces } from '../admission/policy-namespaces.ts';
import { Registration } from '../admission/registration.ts';
import { Rotation } from '../admission/rotation.ts';
import type { RunningTlsServer } from '../admission/server.ts';
import { listenTls } from '../admission/server.ts';
import { WebhookConfigurations } from '../cluster/admission-registration.ts';
import type { Requests } from '../cluster/pod-reader.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { createReviewCounter } from '../telemetry/admission-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AdmissionSettings } from './admission-settings.ts';

/** Also how long a lost key would be of use to anybody who has the address as well. */
const CERTIFICATE_MS = 7 * 24 * 3_600_000;
/** How often the registration is looked at and the certificate's age is. */
const UPKEEP_MS = 30_000;

export interface AdmissionParts {
  readonly settings: AdmissionSettings;
  readonly client: Requests;
  readonly ledger: Pick<Ledger, 'policiesOf'>;
  readonly arrives: AdmissionAppParts['arrives'];
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly logger: Logger;
}

export interface Admission {
  /** The watch shows the policy. */
  seen(policy: ResourcePolicy): void;
  /** The watch shows that the policy is gone. */
  gone(policy: ResourcePolicy): void;
  /** @throws {Error} when the address cannot be listened on. */
  listen(): Promise<void>;
  /** All policies have been seen: registers the webhook, and keeps it registered. */
  start(): void;
  /** Takes the registration away and answers what is under way. A second call waits for the first. */
  stop(): Promise<void>;
}

interface Running {
  readonly server: RunningTlsServer;
  readonly rotation: Rotation;
  readonly registration: Registration;
}

/** Undefined: no webhook is wanted. */
export function composeAdmission({
  settings,
  client,
  ledger,
  arrives,
  metrics,
  logger,
}: AdmissionParts): Admission | undefined {
  const { admission: endpoint, admissionName: name, admissionSchedulerName: schedulerName } = settings;
  if (endpoint === undefined) return undefined;
  const namespaces = new PolicyNamespaces((policy) => mutatesPodsOf(policy, { schedulerName }));
  const app = buildAdmissionApp({
    policiesOf: (namespace) => ledger.policiesOf(namespace),
    settings: { schedulerName },
    arrives,
    observe: createReviewCounter(metrics.registry),
    logger,
  });
  const make = async (nowMs: number): Promise<Certificate> => {
    // What makes certificates is much to read, and most starts do not need it.
    const { createCertificate } = await import('../admission/certificate.ts');
    return createCertificate({ host: endpoint.host, nowMs, validForMs: CERTIFICATE_MS });
  };

  let running: Running | undefined;
  let upkeep: NodeJS.Timeout | undefined;
  let stopping: Promise<void> | undefined;

  const register = (): void => {
    if (upkeep === undefined || running === undefined) return;
    const { registration, rotation } = running;
    registration.want({ namespaces: namespaces.list(), caBundle: rotation.caBundle });
  };
  const renew = async ({ server, rotation, registration }: Running): Promise<void> => {
    const { shown } = rotation;
    await rotation.step(Date.now(), registration.standing?.caBundle);
    if (rotation.shown === shown) return;
    server.show(rotation.shown);
    logger.info({ notAfter: new Date(rotation.shown.notAfterMs) }, 'webhook shows a new certificate');
  };
  const end = async (): Promise<void> => {
    clearInterval(upkeep);
    await running?.registration.stop();
    await running?.server.close();
  };

  return {
    seen: (policy) => {
      namespaces.seen(policy);
      register();
    },
    gone: (policy) => {
      namespaces.gone(policy);
      register();
    },
    listen: async () => {
      const rotation = new Rotation(make, await make(Date.now()));
      const server = await listenTls(app, endpoint, rotation.shown);
      const url = urlOf(server);
      const configurations = new WebhookConfigurations(client);
      const registration = new Registration({ configurations, name, instance: randomUUID(), url, logger });
      running = { server, rotation, registration };
      logger.info({ url, schedulerName }, `webhook listens on ${url}`);
    },
    start: () => {
      const started = running;
      if (started === undefined || stopping !== undefined) return;
      upkeep = setInterval(() => {
        void renew(started)
          .catch((error: unknown) => logger.error({ err: error }, 'no new certificate could be made'))
          .finally(register);
      }, UPKEEP_MS);
      register();
    },
    stop: () => (stopping ??= end()),
  };
}

function urlOf({ host, port }: RunningTlsServer): string {
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}${MUTATE_PATH}`;
}
