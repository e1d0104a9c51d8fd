/**
 * What a world is mostly about. Each theme has all that makes pods come, be placed and go; a theme that has everything
 * at once reaches little of what takes several steps of one kind.
 *
 * @module
 */
import type { StepName } from './steps.ts';

/** How often each step is taken; those not named never are. */
type Weights = { readonly [Name in StepName]?: number };

const PLACING: Weights = {
  create: 3,
  terminate: 2,
  finish: 1,
  delete: 4,
  filter: 8,
  'filter, behind': 2,
  bind: 8,
  cycle: 12,
  'create and cycle': 4,
  'carry out': 8,
  answer: 6,
  'answer read': 3,
  'create through webhook': 2,
  'ask webhook of another process': 1,
  'create as answered': 1,
  'open gate': 2,
  deliver: 8,
  'deliver pods': 2,
  drain: 3,
  expire: 1,
  'advance and expire': 2,
  restart: 1,
};

/** Bindings that are late, lost, repeated, refused; processes that die; watches that break. */
const RACES: Weights = {
  ...PLACING,
  recreate: 2,
  touch: 1,
  'filter twice': 1,
  'bind again': 6,
  'bind to any node': 1,
  report: 3,
  'lose answer': 4,
  'lose Binding': 3,
  refuse: 3,
  duplicate: 1,
  relist: 2,
  advance: 2,
  'advance by seconds': 2,
  'advance and expire': 5,
  'set max': 1,
  'replace policy': 1,
  'delete policy': 1,
  audit: 1,
  restart: 2,
};

/** Policies that overlap, come, change and go while pods are placed by them. */
const POLICIES: Weights = {
  ...PLACING,
  'lose answer': 1,
  relabel: 1,
  'filter twice': 2,
  'deliver policies': 6,
  'delete policy': 2,
  'replace policy': 3,
  'set max': 4,
  'set maxResources': 2,
  'remove unit': 2,
  'insert unit': 2,
  'reorder units': 2,
  'set selector': 3,
  'toggle matchLabelKeys': 1,
  'set whenTryNextUnits': 1,
  'toggle ignored pods': 1,
  audit: 1,
};

/** Nodes that come, change and go; pods that grow, get other labels, or are placed by others. */
const CLUSTER: Weights = {
  ...PLACING,
  recreate: 2,
  relabel: 4,
  resize: 4,
  'bind by another scheduler': 3,
  'change node': 4,
  'remove node': 2,
  'lose answer': 1,
  'lose Binding': 1,
  relist: 2,
  'set max': 1,
  audit: 1,
};

/** Pods that evict others, wait for resources, and wait for pods that leave. */
const WAITING: Weights = {
  ...PLACING,
  terminate: 4,
  'filter twice': 4,
  preempt: 4,
  'preempt, all seen': 8,
  'end preemption': 5,
  'ask webhook of another process': 3,
  'create as answered': 4,
  report: 2,
  advance: 4,
  'advance by seconds': 4,
  'clock jumps': 2,
  'set max': 1,
  'set whenTryNextUnits': 1,
};

/** Pods that come pinned or held, by webhooks that know more or less, and are let out late, in vain, or twice. */
const ARRIVALS: Weights = {
  ...PLACING,
  create: 1,
  'create and cycle': 1,
  'create through webhook': 16,
  'recreate through webhook': 4,
  'ask webhook': 2,
  'ask webhook of another process': 4,
  'create as answered': 6,
  'create gated by others': 2,
  'ungate by others': 2,
  'open gate': 10,
  'open gate, read': 3,
  'open gate, fail': 3,
  relabel: 2,
  recreate: 1,
  'filter twice': 1,
  'bind again': 2,
  'bind to any node': 1,
  report: 1,
  preempt: 1,
  'preempt, all seen': 4,
  'end preemption': 3,
  'lose answer': 1,
  'lose Binding': 1,
  relist: 1,
  advance: 4,
  'advance by seconds': 3,
  'deliver policies': 2,
  'delete policy': 1,
  'replace policy': 1,
  'set max': 3,
  'remove unit': 1,
  'insert unit': 1,
  'reorder units': 1,
  'set selector': 1,
  'set whenTryNextUnits': 1,
  'change node': 1,
  'remove node': 1,
  audit: 1,
  restart: 2,
};

export const THEMES = {
  races: RACES,
  policies: POLICIES,
  cluster: CLUSTER,
  waiting: WAITING,
  arrivals: ARRIVALS,
} as const;
export type ThemeName = keyof typeof THEMES;
