/**
 * The format of workload files: what docs/benchmark.md says, as code. Unknown keys are errors.
 *
 * @module
 */
import type { Read } from '../../test/scenarios/runner/reading.ts';
import {
  count,
  duration,
  flag,
  FormatError,
  listOf,
  mapOf,
  object,
  oneOf,
  tagged,
  text,
} from '../../test/scenarios/runner/reading.ts';
import { aboveZero, amount, positive } from './readers.ts';

const labels = mapOf(text);
const requests = object({}, { cpu: amount, memory: amount });

const standing = object({ perNode: positive }, { requests, jobs: positive });
const nodeGroup = object(
  { kind: oneOf('ecs', 'virtual', 'other'), count: positive },
  { cpu: amount, memory: amount, pods: amount, labels, standing },
);
/** Nodes that are alike. */
export type NodeGroup = ReturnType<typeof nodeGroup>;

const unit: Read<UnitForm> = (value, path) => {
  const form = object({}, { resource: oneOf('ecs', 'eci'), nodeSelector: labels, max: count })(value, path);
  if (form.resource === undefined && form.nodeSelector === undefined) {
    throw new FormatError(path, 'needs resource or nodeSelector: it would take every node');
  }
  return form;
};
/** A unit as in a ResourcePolicy, of the fields whose placement can be judged from outside. */
export interface UnitForm {
  readonly resource?: 'ecs' | 'eci';
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly max?: number;
}

const timedArrival = tagged({ rate: aboveZero, waves: object({ pods: positive, every: duration }, {}) });
const arrival: Read<Arrival> = (value, path) => {
  if (value === 'once') return { kind: 'once' };
  if (typeof value === 'string') throw new FormatError(path, 'must be once, or an object with rate or waves');
  const form = timedArrival(value, path);
  if (form.key === 'rate') return { kind: 'rate', perSecond: form.value };
  return { kind: 'waves', pods: form.value.pods, everyMs: form.value.every };
};
/** When pods are created, in a workload that measures latency. */
export type Arrival =
  /** As fast as the API server takes them. */
  | { readonly kind: 'once' }
  /** Evenly spaced, whether the API server keeps up or not. */
  | { readonly kind: 'rate'; readonly perSecond: number }
  /** So many at once, again and again. */
  | { readonly kind: 'waves'; readonly pods: number; readonly everyMs: number };

const delay = object({ percent: positive, from: duration, to: duration }, {});
const delays: Read<readonly StartDelay[]> = (value, path) => {
  const list = listOf(delay)(value, path);
  const sum = list.reduce((total, { percent }) => total + percent, 0);
  if (sum !== 100) throw new FormatError(path, `the percents must add up to 100, they add up to ${sum}`);
  const reversed = list.find(({ from, to }) => to < from);
  if (reversed !== undefined) throw new FormatError(path, 'to must not be before from');
  return list.map(({ percent, from, to }) => ({ percent, fromMs: from, toMs: to }));
};
/** So many of the pods take a time between these to start, once they are bound. */
export interface StartDelay {
  readonly percent: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** All keys of a workload file. */
export const workloadFile = object(
  {
    title: text,
    why: text,
    mode: oneOf('drain', 'latency'),
    nodes: object({ groups: listOf(nodeGroup) }, { order: oneOf('contiguous', 'scattered') }),
    jobs: object({ count: positive, executors: positive }, { requests }),
    units: listOf(unit),
  },
  {
    perJob: flag,
    arrival,
    churn: object({ endsPerSecond: aboveZero }, {}),
    waiting: object({ pods: positive }, { jobs: positive }),
    start: object({}, { ecs: delays, virtual: delays }),
    runningWithin: listOf(object({ percent: positive, time: duration }, {})),
    cost: object(
      { yuanPerSecond: aboveZero, jobSeconds: positive, startSeconds: count },
      { spotPercent: positive },
    ),
    variants: listOf(text),
    rounds: positive,
    limit: duration,
    stall: duration,
  },
);
export type WorkloadForm = ReturnType<typeof workloadFile>;
