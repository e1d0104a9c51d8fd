/**
 * What a benchmark leaves behind: the JSON file that reports and comparisons are made from.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import type { Judgement } from '../judge/checker.ts';
import type { ExtenderFigures, SchedulerFigures } from '../measure/figures.ts';
import type { ProcessUsage } from '../measure/process-meter.ts';
import type { Workload } from '../workload/workload.ts';
import type { Machine, Versions } from './machine.ts';
import type { Distribution } from './statistics.ts';

/** Raised when a field changes its meaning or goes. */
export const SCHEMA_VERSION = 1;
const KIND = 'resource-policy benchmark';

export interface BenchResult {
  readonly kind: typeof KIND;
  readonly schemaVersion: typeof SCHEMA_VERSION;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The command line, without paths of this machine. */
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Versions;
  /** What was set or switched off for the measurement, in sentences. */
  readonly settings: readonly string[];
  readonly workload: Workload;
  readonly policy: object;
  readonly variants: readonly VariantResult[];
  /** In the order in which they ran. */
  readonly runs: readonly RunResult[];
}

export interface VariantResult {
  readonly id: string;
  readonly text: string;
  readonly keepsPolicy: boolean;
  /** How its extender was started; undefined: it has none. */
  readonly extenderCommand: string | undefined;
  readonly schedulerConfig: object;
}

export interface RunResult {
  readonly variant: string;
  /** From 1. */
  readonly round: number;
  readonly startedAt: string;
  /** What makes the run wrong; empty: it counts. */
  readonly faults: readonly string[];
  /** Undefined when it failed before it was measured. */
  readonly measured: Measured | undefined;
}

/** Latencies are in milliseconds. */
export interface Measured {
  /** Pods that were to get a node, measured ones only. */
  readonly expected: number;
  readonly created: number;
  readonly bound: number;
  /** From kube-scheduler's start (drain), or the first arrival (latency), to the last binding. */
  readonly seconds: number;
  /** Between the 10th and the 90th percentile of the bindings. */
  readonly podsPerSecond: number | undefined;
  /** Time of each binding since kube-scheduler's start, or the first arrival. */
  readonly boundAt: Distribution | undefined;
  /** Created → scheduled; undefined in a drain, where pods wait for the measurement to begin. */
  readonly scheduled: Distribution | undefined;
  /** Scheduled → running, and created → running, where pods run. */
  readonly started: Distribution | undefined;
  readonly running: Distribution | undefined;
  /** Per pod, how much of created → running was created → scheduled, percent. */
  readonly schedulingPercent: Distribution | undefined;
  /** Bindings in each span of time. */
  readonly timeline: { readonly binSeconds: number; readonly bound: readonly number[] };
  readonly placement: Judgement & { readonly bindingWindowMs: number };
  readonly processes: readonly ProcessUsage[];
  readonly scheduler: SchedulerFigures;
  readonly extender: (ExtenderFigures & { readonly readyMs: number }) | undefined;
  /**
   * How much later than it could the benchmark itself saw events and sent pods, and which share of the processors other
   * programs of the machine used meanwhile, percent.
   */
  readonly observer: {
    readonly lagP99Ms: number;
    readonly lagMaxMs: number;
    readonly latestArrivalMs: number;
    readonly othersPercent: number | undefined;
  };
}

/** Everything but what is the same for all results. */
export function makeResult(fields: Omit<BenchResult, 'kind' | 'schemaVersion'>): BenchResult {
  return { kind: KIND, schemaVersion: SCHEMA_VERSION, ...fields };
}

/** A file that is no result, or one of another version. */
export class ResultError extends Error {
  override readonly name = 'ResultError';
}

/** @throws {ResultError} when the file is not a result of this version. */
export function readResult(file: string): BenchResult {
  let result: Partial<BenchResult> | null;
  try {
    result = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ResultError(`${file}: cannot be read as JSON`, { cause: error });
  }
  if (result?.kind !== KIND) throw new ResultError(`${file}: is no result of this benchmark`);
  if (result.schemaVersion !== SCHEMA_VERSION) {
    throw new ResultError(
      `${file}: has schema version ${String(result.schemaVersion)}, this program reads ${SCHEMA_VERSION}`,
    );
  }
  return result as BenchResult;
}
