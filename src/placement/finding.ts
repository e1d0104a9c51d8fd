/**
 * What lint says, and what it is told. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';

/** Every code there is; each stands for one rule, whose tests show a policy with the finding and one without. */
export const FINDING_CODES = [
  // Units that no pod, or no node, ever gets into.
  'unreachable-unit',
  'takes-no-pod',
  'contradictory-unit',
  'no-node',
  'waits-without-node',
  // Units that are not as separate, or as narrow, as they look.
  'alike-units',
  'overlapping-units',
  'any-node',
  // Limits.
  'max-below-job',
  'no-limit',
  'unknown-resource',
  'tiny-limit',
  // Which policy, and which pods.
  'defined-twice',
  'selects-no-pod',
  'refuses-others',
  'one-group',
  'ungrouped-job',
  'overlapping-policies',
  // Waiting and scaling.
  'waits-nowhere',
  'timeout-without-effect',
  'max-on-elastic',
  'wait-switch-on-virtual',
  'elastic-deprecated',
  // What a unit writes to its pods.
  'leaves-policy',
  'changes-group',
  'sets-deletion-cost',
  // Fields without effect.
  'not-enforced',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  readonly code: FindingCode;
  /** The field it is about, e.g. `spec.units[1].max`. */
  readonly path: string;
  /** What happens and the way out, without the path; constant for a policy, its nodes and its jobs. */
  readonly message: string;
}

/** A job that the policy is written for. */
export interface KnownJob {
  /** For people, e.g. `SparkApplication spark-pi`. */
  readonly name: string;
  /** Pods that run at one time, only those that the policy selects. */
  readonly pods: number;
}

/** The part of a node that bears on units. */
export interface NamedNode {
  readonly name: string;
  readonly labels: Labels;
}

/** What is known beside the policy; what is absent is not known, and no rule that needs it is applied. */
export interface Known {
  /** All nodes of the cluster. */
  readonly nodes?: readonly NamedNode[];
  /** Labels by which virtual nodes are known. Absent: ACK's, type=virtual-kubelet. */
  readonly virtualNodes?: Labels;
  readonly jobs?: readonly KnownJob[];
}
