/**
 * What a watch reports → log lines and metrics.
 *
 * @module
 */
import type { ListWatchObserver, RestartReason } from '../cluster/list-watch.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Ends that belong to the life of a healthy watch. */
const ORDINARY: ReadonlySet<RestartReason> = new Set(['ended']);

/** What to do about the failures that only an operator can mend. */
const WAY_OUT: Partial<Record<RestartReason, string>> = {
  'not-found': 'the API server does not know the resource: is the CRD installed? kubectl apply -f crds/',
  forbidden: 'the account may not list and watch it: check its ClusterRole',
  unauthorized: 'the credentials were refused: check the kubeconfig or the service account',
};

export function watchObserver(resource: string, logger: Logger, metrics: Metrics): ListWatchObserver {
  return {
    restarted: (reason, message) => {
      metrics.watchRestarted(resource, reason);
      const level = ORDINARY.has(reason) ? 'debug' : 'warn';
      logger[level]({ resource, reason, wayOut: WAY_OUT[reason] }, `watch restarts: ${message}`);
    },
    relisted: (reason) => {
      metrics.relisted(resource);
      logger.info({ resource, reason }, 'listing anew');
    },
    handlerFailed: (error) => {
      metrics.handlerFailed(resource);
      logger.error({ resource, err: error }, 'an event could not be processed');
    },
    parseFailed: (message) => {
      metrics.handlerFailed(resource);
      logger.error({ resource }, `object skipped: ${message}`);
    },
  };
}
