/**
 * Metrics by Prometheus conventions, in a registry of their own. Labels are bounded: outcomes come from the closed
 * vocabulary, resources are the three that are watched.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CallOutcome, VerbName } from './outcomes.ts';
import { OUTCOMES } from './outcomes.ts';

const SECONDS_IN_PROCESS = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 1];
const SECONDS_WITH_API_SERVER = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];

/** What is read at each scrape instead of being kept up to date. */
export interface Gauges {
  reservations(): number;
  trackedPods(): number;
  trackedNodes(): number;
  policies(): number;
  /** Seconds since each watch last heard of the API server, by resource. */
  watchAges(): readonly { resource: string; seconds: number }[];
}

export interface Metrics {
  readonly registry: Registry;
  /** One answered call: its outcome, and the time from its complete body to the answer, if it had one. */
  call(verb: VerbName, outcome: CallOutcome, seconds?: number): void;
  watchRestarted(resource: string, reason: string): void;
  relisted(resource: string): void;
  handlerFailed(resource: string): void;
  reservationsExpired(count: number): void;
  ledgerMismatches(count: number): void;
  woken(outcome: 'patched' | 'gone' | 'failed'): void;
}

/** @param gauges read at each scrape. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const prefix = 'resource_policy_';
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `${prefix}${name}`, help, labelNames: [...labelNames], registers });
  const calls = counter('calls_total', 'Answered calls by verb and outcome.', ['verb', 'outcome']);
  for (const [verb, outcomes] of Object.entries(OUTCOMES)) {
    for (const outcome of outcomes) calls.inc({ verb, outcome }, 0);
  }
  const buckets = {
    filter: SECONDS_IN_PROCESS,
    prioritize: SECONDS_IN_PROCESS,
    preempt: SECONDS_IN_PROCESS,
    bind: SECONDS_WITH_API_SERVER,
  };
  const seconds = new Map(
    Object.entries(buckets).map(([verb, bounds]) => [
      verb,
      new Histogram({
        name: `${prefix}${verb}_seconds`,
        help: `Time from the complete body of /${verb} to its answer.`,
        buckets: bounds,
        registers,
      }),
    ]),
  );
  const restarts = counter('watch_restarts_total', 'Watch connections that ended, by resource and reason.', [
    'resource',
    'reason',
  ]);
  const relists = counter('watch_relists_total', 'Full lists taken, the first included.', ['resource']);
  const failures = counter('watch_handler_failures_total', 'Watch events that could not be processed.', [
    'resource',
  ]);
  const expired = counter(
    'reservations_expired_total',
    'Reservations given up because their pod was not heard of again.',
  );
  const mismatches = counter('ledger_mismatches_total', 'Counts that differed from a recount; always 0.');
  const wakes = counter('wakes_total', 'Waiting pods that kube-scheduler was asked to try again.', [
    'outcome',
  ]);
  const read = (name: string, help: string, value: () => number): void => {
    void new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  read('reservations', 'Places held for pods that are not yet seen bound.', () => gauges.reservations());
  read('tracked_pods', 'Pods in the view.', () => gauges.trackedPods());
  read('tracked_nodes', 'Nodes in the view.', () => gauges.trackedNodes());
  read('policies', 'ResourcePolicies in the view.', () => gauges.policies());
  void new Gauge({
    name: `${prefix}watch_age_seconds`,
    help: 'Time since the watch last heard of the API server.',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const age of gauges.watchAges()) this.set({ resource: age.resource }, age.seconds);
    },
  });
  return {
    registry,
    call: (verb, outcome, elapsed) => {
      calls.inc({ verb, outcome });
      if (elapsed !== undefined) seconds.get(verb)?.observe(elapsed);
    },
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
    relisted: (resource) => relists.inc({ resource }),
    handlerFailed: (resource) => failures.inc({ resource }),
    reservationsExpired: (count) => expired.inc(count),
    ledgerMismatches: (count) => mismatches.inc(count),
    woken: (outcome) => wakes.inc({ outcome }),
  };
}
