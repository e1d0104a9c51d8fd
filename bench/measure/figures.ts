/**
 * What kube-scheduler and the extender say of themselves, in milliseconds.
 *
 * @module
 */
import type { HistogramData, Sample } from './prometheus.ts';
import { boundOf, histogramOf, quantileOf, sumOf } from './prometheus.ts';

/** A histogram in figures. Percentiles are estimated from its buckets. */
export interface Durations {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SchedulerFigures {
  /** Attempts to schedule a pod, by their result. */
  readonly attempts: { readonly scheduled: number; readonly unschedulable: number; readonly error: number };
  /** Of the attempts that placed a pod. */
  readonly attempt: Durations | undefined;
  /** Choosing a node: its filters and scores, and the extender's /filter. */
  readonly algorithm: Durations | undefined;
  /** Mean time per pod in each extension point that costs something, by name. */
  readonly extensionPointsMs: Readonly<Record<string, number>>;
}

export interface ExtenderFigures {
  readonly filter: Durations | undefined;
  readonly bind: Durations | undefined;
}

const POINTS = [
  'PreFilter',
  'Filter',
  'PostFilter',
  'PreScore',
  'Score',
  'Reserve',
  'Permit',
  'PreBind',
  'Bind',
];

export function schedulerFigures(samples: readonly Sample[]): SchedulerFigures {
  const attempts = (result: string): number =>
    sumOf(samples, 'scheduler_schedule_attempts_total', { result });
  const points = POINTS.flatMap((point) => {
    const data = histogramOf(samples, 'scheduler_framework_extension_point_duration_seconds', {
      extension_point: point,
    });
    return data === undefined ? [] : [[point, toMs(data.sum / data.count)] as const];
  });
  return {
    attempts: {
      scheduled: attempts('scheduled'),
      unschedulable: attempts('unschedulable'),
      error: attempts('error'),
    },
    attempt: durationsOf(
      histogramOf(samples, 'scheduler_scheduling_attempt_duration_seconds', { result: 'scheduled' }),
    ),
    algorithm: durationsOf(histogramOf(samples, 'scheduler_scheduling_algorithm_duration_seconds')),
    extensionPointsMs: Object.fromEntries(points),
  };
}

/** Of resource-policy or the no-op extender. */
export function extenderFigures(samples: readonly Sample[]): ExtenderFigures {
  return {
    filter: durationsOf(extenderHistogram(samples, 'filter')),
    bind: durationsOf(extenderHistogram(samples, 'bind')),
  };
}

/**
 * Longest time from the moment a pod left the queue until its Binding was answered, milliseconds, rounded up to a bound of
 * kube-scheduler's buckets; undefined when it is not known.
 */
export function slowestAttemptMs(samples: readonly Sample[]): number | undefined {
  const data = histogramOf(samples, 'scheduler_scheduling_attempt_duration_seconds', { result: 'scheduled' });
  const bound = data === undefined ? Infinity : boundOf(data);
  return bound === Infinity ? undefined : toMs(bound);
}

function extenderHistogram(samples: readonly Sample[], verb: string): HistogramData | undefined {
  return (
    histogramOf(samples, `resource_policy_${verb}_seconds`) ?? histogramOf(samples, `noop_${verb}_seconds`)
  );
}

function durationsOf(data: HistogramData | undefined): Durations | undefined {
  if (data === undefined) return undefined;
  return {
    count: data.count,
    meanMs: toMs(data.sum / data.count),
    p50Ms: toMs(quantileOf(data, 0.5)),
    p99Ms: toMs(quantileOf(data, 0.99)),
  };
}

function toMs(seconds: number): number {
  return seconds * 1_000;
}
