/**
 * The figures that are compared between variants and between results.
 *
 * @module
 */
import type { BenchResult, Measured, RunResult } from './result.ts';
import type { Spread } from './statistics.ts';
import { spreadOf } from './statistics.ts';

export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** Which way is better. */
  readonly better: 'higher' | 'lower';
  /** Undefined when the run has no such figure. */
  readonly of: (measured: Measured) => number | undefined;
}

const SECOND_MS = 1_000;

export const METRICS: readonly Metric[] = [
  higher('throughput', ['scheduled, 10–90\u00a0%', 'pods/s'], ({ podsPerSecond }) => podsPerSecond),
  lower('seconds', ['until all were scheduled', 's'], ({ seconds }) => seconds),
  lower('scheduled-p50', ['created → scheduled p50', 'ms'], ({ scheduled }) => scheduled?.p50),
  lower('scheduled-p90', ['created → scheduled p90', 'ms'], ({ scheduled }) => scheduled?.p90),
  lower('scheduled-p99', ['created → scheduled p99', 'ms'], ({ scheduled }) => scheduled?.p99),
  lower('scheduled-max', ['created → scheduled max', 'ms'], ({ scheduled }) => scheduled?.max),
  lower('running-p50', ['created → running p50', 's'], ({ running }) => inSeconds(running?.p50)),
  lower('running-p90', ['created → running p90', 's'], ({ running }) => inSeconds(running?.p90)),
  lower('running-max', ['created → running max', 's'], ({ running }) => inSeconds(running?.max)),
  lower('filter-p50', ['/filter p50', 'ms'], ({ extender }) => extender?.filter?.p50Ms),
  lower('filter-p99', ['/filter p99', 'ms'], ({ extender }) => extender?.filter?.p99Ms),
  lower('bind-p99', ['/bind p99', 'ms'], ({ extender }) => extender?.bind?.p99Ms),
  lower('attempt-p99', ['attempt p99', 'ms'], ({ scheduler }) => scheduler.attempt?.p99Ms),
  lower('extender-cpu', ['extender CPU', 'ms/pod'], (run) => cpuPerPod(run, 'extender')),
  lower('scheduler-cpu', ['scheduler CPU', 'ms/pod'], (run) => cpuPerPod(run, 'kube-scheduler')),
  lower('extender-memory', ['extender memory', 'MiB'], (run) => processOf(run, 'extender')?.peakMib),
  lower('extender-ready', ['extender ready after', 's'], ({ extender }) => inSeconds(extender?.readyMs)),
];

type Reader = Metric['of'];
type Naming = readonly [title: string, unit: string];

function higher(key: string, [title, unit]: Naming, of: Reader): Metric {
  return { key, title, unit, better: 'higher', of };
}

function lower(key: string, [title, unit]: Naming, of: Reader): Metric {
  return { key, title, unit, better: 'lower', of };
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / SECOND_MS;
}

function processOf({ processes }: Measured, name: string): Measured['processes'][number] | undefined {
  return processes.find((process) => process.name === name);
}

function cpuPerPod(run: Measured, name: string): number | undefined {
  const used = processOf(run, name);
  return used === undefined || run.bound === 0 ? undefined : (used.cpuSeconds / run.bound) * SECOND_MS;
}

/** The runs of a variant, and those of them that count. */
export interface VariantRuns {
  readonly all: readonly RunResult[];
  readonly counted: readonly Measured[];
}

export function runsOf({ runs }: Pick<BenchResult, 'runs'>, variant: string): VariantRuns {
  const all = runs.filter((run) => run.variant === variant);
  const counted = all.flatMap(({ faults, measured }) =>
    faults.length === 0 && measured !== undefined ? [measured] : [],
  );
  return { all, counted };
}

/** Over the runs that count; undefined when none has the figure. */
export function metricOf({ counted }: VariantRuns, { of }: Metric): Spread | undefined {
  return spreadOf(counted.flatMap((run) => of(run) ?? []));
}

/** @throws {Error} when there is none of that key. */
export function metric(key: string): Metric {
  const found = METRICS.find((each) => each.key === key);
  if (found === undefined) throw new Error(`no metric ${key}`);
  return found;
}
