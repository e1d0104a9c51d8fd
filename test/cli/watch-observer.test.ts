import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { watchObserver } from '../../src/cli/watch-observer.ts';
import type { ListWatchObserver } from '../../src/cluster/list-watch.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { QUIET_GAUGES } from '../support/quiet-gauges.ts';

const WARN = 40;

/** What the log and the metrics say of something that a watch of pods reports. */
async function told(
  report: (observer: ListWatchObserver) => void,
): Promise<{ log: readonly unknown[]; metrics: string }> {
  const log: unknown[] = [];
  const logger = pino(
    { level: 'debug', base: null, timestamp: false },
    { write: (line: string) => void log.push(JSON.parse(line)) },
  );
  const metrics = createMetrics(QUIET_GAUGES);
  report(watchObserver('pods', logger, metrics));
  return { log, metrics: await metrics.registry.metrics() };
}

describe('what a watch reports', () => {
  it.for([
    ['not-found', 'the API server does not know the resource: is the CRD installed? kubectl apply -f crds/'],
    ['forbidden', 'the account may not list and watch it: check its ClusterRole'],
    ['unauthorized', 'the credentials were refused: check the kubeconfig or the service account'],
  ] as const)('%s: a warning that says the way out', async ([reason, wayOut]) => {
    const { log, metrics } = await told((observer) => observer.restarted?.(reason, 'no'));

    expect(log).toEqual([{ level: WARN, resource: 'pods', reason, wayOut, msg: 'watch restarts: no' }]);
    expect(metrics).toContain(`resource_policy_watch_restarts_total{resource="pods",reason="${reason}"} 1`);
  });

  it('the ordinary end of a watch: nothing that anybody should read', async () => {
    const { log } = await told((observer) => observer.restarted?.('ended', 'closed'));

    expect(log).toMatchObject([{ level: 20, reason: 'ended' }]);
  });

  it('an object that cannot be read: skipped, with an error', async () => {
    const { log, metrics } = await told((observer) =>
      observer.parseFailed?.('metadata.uid is missing or empty'),
    );

    expect(log).toMatchObject([
      { level: 50, resource: 'pods', msg: 'object skipped: metadata.uid is missing or empty' },
    ]);
    expect(metrics).toContain('resource_policy_watch_handler_failures_total{resource="pods"} 1');
  });
});
