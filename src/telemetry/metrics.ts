/**
 * The metrics of `serve`, in a registry of their own; catalogue.ts says what each means. Nothing is walked at a scrape but
 * policies, their groups and units.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import type { Counter } from 'prom-client';
import { Registry } from 'prom-client';
import type { LabelName, MetricName } from './catalogue.ts';
import { Exposition } from './exposition.ts';
import { Instruments } from './instruments.ts';
import type { CallOutcome, VerbName } from './outcomes.ts';
import { OUTCOMES } from './outcomes.ts';
import { COUNT_METRICS, PolicyCounts } from './policy-counts.ts';
import { addSample, SAMPLE_METRICS } from './policy-metrics.ts';
import type { PolicyName, PolicySample } from './policy-samples.ts';
import { addProcessMetrics } from './process-metrics.ts';

/** What is read at each scrape instead of being kept up to date. */
export interface Gauges {
  readonly version: string;
  /** Whether the view is complete and fresh. */
  isReady(): boolean;
  isLeading(): boolean;
  reservations(): number;
  trackedPods(): number;
  trackedNodes(): number;
  policies(): number;
  /** The policies that have series of their own, at most MOST_POLICIES. */
  shownPolicies(): readonly PolicyName[];
  /** Figures of one of them, asked for only while this replica leads; undefined: it is gone. */
  sample(policy: PolicyName): PolicySample | undefined;
  /** Seconds since each watch last heard of the API server, by resource. */
  watchAges(): readonly { resource: string; seconds: number }[];
  /** Whether kube-scheduler offers other numbers of nodes than it was said to. */
  samplingDiffers(): boolean;
}

/** Policies that are written at a time: a tenth of a millisecond each, in which no call is answered. */
const POLICIES_AT_A_TIME = 10;

export interface Metrics extends Pick<PolicyCounts, 'decided' | 'bound' | 'forget'> {
  /** All but those of policies. */
  readonly registry: Registry;
  readonly contentType: string;
  /** The text of /metrics. */
  metrics(): Promise<string>;
  /** One answered call: its outcome, and the time from its complete body to the answer, if it had one. */
  call(verb: VerbName, outcome: CallOutcome, seconds?: number): void;
  watchRestarted(resource: string, reason: string): void;
  relisted(resource: string): void;
  handlerFailed(resource: string): void;
  reservationsExpired(count: number): void;
  ledgerMismatches(count: number): void;
  overshot(): void;
  woken(outcome: WakeOutcome): void;
  /** A certificate is shown from now on that ends then. */
  certificateEnds(at: Date): void;
}

/** What became of asking kube-scheduler to try a pod again. */
export const WAKE_OUTCOMES = ['patched', 'gone', 'failed'] as const;
type WakeOutcome = (typeof WAKE_OUTCOMES)[number];

/** @param gauges read at each scrape. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const instruments = new Instruments(registry);
  const { counter, wakes, calls } = counters(instruments);
  const seconds = new Map(
    (['filter', 'prioritize', 'preempt', 'bind'] as const).map((verb) => [
      verb,
      instruments.histogram(`${verb}_seconds`),
    ]),
  );
  const restarts = counter('watch_restarts_total');
  const relists = counter('watch_relists_total');
  const failures = counter('watch_handler_failures_total');
  const expired = counter('reservations_expired_total');
  const mismatches = counter('ledger_mismatches_total');
  const overshoots = counter('overshoots_total');
  addGauges(instruments, gauges);
  addProcessMetrics(registry);
  const counts = new PolicyCounts();
  let certificate: { set(seconds: number): void } | undefined;
  return {
    registry,
    contentType: registry.contentType,
    metrics: async () => `${await registry.metrics()}\n${await ofPolicies(gauges, counts)}`,
    decided: counts.decided.bind(counts),
    bound: counts.bound.bind(counts),
    forget: counts.forget.bind(counts),
    call: (verb, outcome, elapsed) => {
      calls.inc({ verb, outcome });
      if (elapsed !== undefined) seconds.get(verb)?.observe(elapsed);
    },
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
    relisted: (resource) => relists.inc({ resource }),
    handlerFailed: (resource) => failures.inc({ resource }),
    reservationsExpired: (count) => expired.inc(count),
    ledgerMismatches: (count) => mismatches.inc(count),
    overshot: () => overshoots.inc(),
    woken: (outcome) => wakes.inc({ outcome }),
    certificateEnds: (at) => {
      certificate ??= instruments.gauge('certificate_expiry_timestamp_seconds');
      certificate.set(at.getTime() / 1_000);
    },
  };
}

async function ofPolicies(gauges: Gauges, counts: PolicyCounts): Promise<string> {
  const text = new Exposition([...COUNT_METRICS, ...SAMPLE_METRICS]);
  for (const [index, policy] of gauges.shownPolicies().entries()) {
    if (index % POLICIES_AT_A_TIME === POLICIES_AT_A_TIME - 1) await setImmediate();
    counts.addTo(text, policy);
    const sample = gauges.isLeading() ? gauges.sample(policy) : undefined;
    if (sample !== undefined) addSample(text, sample);
  }
  return text.text();
}

function counters(instruments: Instruments): {
  readonly counter: (name: MetricName) => Counter<LabelName>;
  readonly calls: Counter<LabelName>;
  readonly wakes: Counter<LabelName>;
} {
  const counter = instruments.counter.bind(instruments);
  const calls = counter('calls_total');
  for (const [verb, outcomes] of Object.entries(OUTCOMES)) {
    for (const outcome of outcomes) calls.inc({ verb, outcome }, 0);
  }
  const wakes = counter('wakes_total');
  for (const outcome of WAKE_OUTCOMES) wakes.inc({ outcome }, 0);
  return { counter, calls, wakes };
}

function addGauges(instruments: Instruments, gauges: Gauges): void {
  instruments.gauge('build_info').set({ version: gauges.version, node_version: process.versions.node }, 1);
  instruments.read('ready', () => Number(gauges.isReady()));
  instruments.read('leader', () => Number(gauges.isLeading()));
  instruments.read('reservations', () => gauges.reservations());
  instruments.read('tracked_pods', () => gauges.trackedPods());
  instruments.read('tracked_nodes', () => gauges.trackedNodes());
  instruments.read('policies', () => gauges.policies());
  instruments.read('policies_left_out', () => gauges.policies() - gauges.shownPolicies().length);
  instruments.read('scheduler_sampling_differs', () => Number(gauges.samplingDiffers()));
  instruments.readEach('watch_age_seconds', () =>
    gauges.watchAges().map(({ resource, seconds }) => ({ labels: { resource }, value: seconds })),
  );
}
