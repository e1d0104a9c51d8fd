/**
 * A workload: what a benchmark run puts on the cluster, read from its file and checked as a whole.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { FormatError } from '../../test/scenarios/runner/reading.ts';
import type { Arrival, StartDelay, UnitForm, WorkloadForm } from './format.ts';
import { workloadFile } from './format.ts';
import { unitIndexOf } from './units.ts';
import { groupLabels } from './nodes.ts';
import type { NodeLayout } from './nodes.ts';

/** A workload file that cannot be used; the message names the file and the place. */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
}

export interface Workload {
  /** The file's name without its folder and ending. */
  readonly name: string;
  readonly title: string;
  readonly why: string;
  /** `drain`: kube-scheduler starts when all pods are in its queue. `latency`: it runs while they arrive. */
  readonly mode: 'drain' | 'latency';
  readonly nodes: NodeLayout;
  readonly jobs: Jobs;
  /** Units of the policy, in order. */
  readonly units: readonly UnitForm[];
  /** Whether each job has every max for itself; else all pods share it. */
  readonly perJob: boolean;
  readonly arrival: Arrival;
  /** Pods that end during the arrival, oldest first, so many per second; 0: none. */
  readonly endsPerSecond: number;
  /** Pods that no unit takes, there before the measured ones arrive. */
  readonly waiting: { readonly pods: number; readonly jobs: number } | undefined;
  /** How long bound pods take until they run; undefined: kwok does not run, and pods stay as they were bound. */
  readonly start: StartDelays | undefined;
  /** Figures that created → running is held against. */
  readonly runningWithin: readonly { readonly percent: number; readonly time: number }[];
  readonly cost: CostForm | undefined;
  /** Variants to compare when the command line names none; empty: all that suit. */
  readonly variants: readonly string[];
  readonly rounds: number;
  /** Longest time of one run, milliseconds. */
  readonly limitMs: number;
  /** A run in which no pod gets a node for this long, though all have arrived, is over. Milliseconds. */
  readonly stallMs: number;
}

/** Jobs of executors that are alike. */
export interface Jobs {
  readonly count: number;
  readonly executors: number;
  readonly requests: { readonly cpu?: string; readonly memory?: string };
}

export interface StartDelays {
  /** Empty: at once. */
  readonly ecs: readonly StartDelay[];
  readonly virtual: readonly StartDelay[];
}

export type CostForm = NonNullable<WorkloadForm['cost']>;

const MINUTE_MS = 60_000;

/** @throws {WorkloadError} when the file cannot be read or is not a workload. */
export function loadWorkload(file: string): Workload {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new WorkloadError(`${file}: cannot be read`, { cause: error });
  }
  return parseWorkload(text, file);
}

/** @throws {WorkloadError} when the text is not a workload. */
export function parseWorkload(text: string, file: string): Workload {
  try {
    const form = workloadFile(parse(text), '');
    const workload = completed(form, basename(file).replace(/\.ya?ml$/, ''));
    checkWhole(form, workload);
    return workload;
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof YAMLParseError)) throw error;
    throw new WorkloadError(`${file}: ${error.message}`, { cause: error });
  }
}

/** Everything a file may leave out is filled in here and nowhere else. */
function completed(form: WorkloadForm, name: string): Workload {
  return {
    name,
    title: form.title,
    why: form.why,
    mode: form.mode,
    nodes: { order: form.nodes.order ?? 'contiguous', groups: form.nodes.groups },
    jobs: { ...form.jobs, requests: form.jobs.requests ?? {} },
    units: form.units,
    perJob: form.perJob ?? true,
    arrival: form.arrival ?? { kind: 'once' },
    endsPerSecond: form.churn?.endsPerSecond ?? 0,
    waiting: form.waiting === undefined ? undefined : { jobs: 1, ...form.waiting },
    start: form.start === undefined ? undefined : { ecs: [], virtual: [], ...form.start },
    runningWithin: form.runningWithin ?? [],
    cost: form.cost,
    variants: form.variants ?? [],
    rounds: form.rounds ?? 3,
    limitMs: form.limit ?? 10 * MINUTE_MS,
    stallMs: form.stall ?? MINUTE_MS / 2,
  };
}

/** What no single place of the file can tell. */
function checkWhole(form: WorkloadForm, workload: Workload): void {
  if (workload.mode === 'drain') {
    const timed = (['arrival', 'churn', 'waiting', 'start'] as const).find((key) => form[key] !== undefined);
    if (timed !== undefined) throw new FormatError(timed, 'needs mode: latency; a drain has its pods first');
  } else if (form.arrival === undefined) {
    throw new FormatError('', 'lacks arrival, which mode: latency needs');
  }
  if (workload.runningWithin.length > 0 && workload.start === undefined) {
    throw new FormatError('runningWithin', 'needs start: without it no pod runs');
  }
  checkUnits(workload);
  checkRoom(workload);
}

/** A node in two units would leave open in which of them its pods are. */
function checkUnits({ nodes, units }: Workload): void {
  nodes.groups.forEach((group, index) => {
    const labels = groupLabels(group);
    const first = unitIndexOf(units, labels);
    const second = units.findIndex((unit, at) => at > (first ?? -1) && unitIndexOf([unit], labels) === 0);
    if (first === undefined || second === -1) return;
    throw new FormatError(
      `nodes.groups[${index}]`,
      `is in units[${first}] and units[${second}]: nobody could tell in which its pods are`,
    );
  });
  units.forEach((unit, index) => {
    if (nodes.groups.some((group) => unitIndexOf([unit], groupLabels(group)) === 0)) return;
    throw new FormatError(`units[${index}]`, 'has no node');
  });
}

function checkRoom({ jobs, units, perJob, waiting, endsPerSecond }: Workload): void {
  const room = roomOf(units);
  if (waiting !== undefined && (!perJob || room === Infinity)) {
    throw new FormatError('waiting', 'needs perJob and a max in every unit: else the pods would not wait');
  }
  if (waiting !== undefined && waiting.jobs > waiting.pods) {
    throw new FormatError('waiting', 'has more jobs than pods');
  }
  if (endsPerSecond > 0 && jobs.executors * (perJob ? 1 : jobs.count) > room) {
    throw new FormatError('churn', 'needs a max that takes every pod: else it decides which pods are bound');
  }
}

/** Most pods of a group that the units take together; Infinity when one of them has no max. */
export function roomOf(units: readonly UnitForm[]): number {
  return units.reduce((sum, { max = Infinity }) => sum + max, 0);
}

/** How many of the measured pods get a node when the policy is kept. */
export function placedByPolicy({ jobs, units, perJob }: Workload): number {
  const room = roomOf(units);
  return perJob ? jobs.count * Math.min(jobs.executors, room) : Math.min(jobs.count * jobs.executors, room);
}
