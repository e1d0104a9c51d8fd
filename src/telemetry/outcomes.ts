/**
 * The closed vocabulary of outcomes: one word for log, metric label, reply and test.
 *
 * @module
 */

/** Outcomes of /filter. */
export const FILTER_OUTCOMES = [
  /** A unit takes the pod; its feasible nodes are the answer. */
  'chosen',
  /** No policy selects the pod; every node is the answer. */
  'not-ours',
  /** Every unit is at max for the pod's group. */
  'full',
  /** Some unit is below max, but none of its nodes is feasible. */
  'lacks-resources',
  /** The pod waits in a unit for its resources, its terminating pods or a preemption, though later units may have room. */
  'waiting',
  /** More than one policy selects the pod. */
  'conflict',
  /** The pod lacks a label of matchLabelKeys. */
  'missing-label',
  /** The policy is broken; see its problems. */
  'invalid-policy',
  /** A Binding of the pod is under way, or the pod is bound or gone already. */
  'already-decided',
  /** The view of the cluster is not complete or not fresh. */
  'not-ready',
] as const;
export type FilterOutcome = (typeof FILTER_OUTCOMES)[number];

/** Outcomes of /bind. */
export const BIND_OUTCOMES = [
  'bound',
  /** The pod was on this very node already: a repeated call, or an answer that was lost. */
  'already-bound',
  /** The commit check found no place any more. */
  'refused',
  /** The pod no longer exists. */
  'pod-gone',
  /** The API server refused the Binding; nothing was written. */
  'api-refused',
  /** The API server's answer was lost; the Binding may have been written. */
  'api-unknown',
  'not-ready',
] as const;
export type BindOutcome = (typeof BIND_OUTCOMES)[number];

/** Outcomes of /preempt. */
export const PREEMPT_OUTCOMES = [
  /** Pods of lower priority may be evicted on some nodes. */
  'offered',
  /** Nobody may be evicted: it would be in vain, or it is not the time. */
  'nobody',
  'not-ours',
  'not-ready',
] as const;
export type PreemptOutcome = (typeof PREEMPT_OUTCOMES)[number];

/** Outcomes of /prioritize. */
export const PRIORITIZE_OUTCOMES = ['ranked', 'not-ours'] as const;

/** Outcomes that every verb may have. */
export const FAILED_CALLS = [
  /** What was sent is not what kube-scheduler sends. */
  'bad-request',
  /** There was no room for its body. */
  'overloaded',
  /** The error is ours. */
  'internal-error',
] as const;

/** All outcomes by verb; each is a series of the metric of calls from the start. */
export const OUTCOMES = {
  filter: [...FILTER_OUTCOMES, ...FAILED_CALLS],
  prioritize: [...PRIORITIZE_OUTCOMES, ...FAILED_CALLS],
  preempt: [...PREEMPT_OUTCOMES, ...FAILED_CALLS],
  bind: [...BIND_OUTCOMES, ...FAILED_CALLS],
} as const;
export type VerbName = keyof typeof OUTCOMES;
export type CallOutcome = (typeof OUTCOMES)[VerbName][number];
