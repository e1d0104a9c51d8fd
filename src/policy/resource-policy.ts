/**
 * The ResourcePolicy as the rest of the program knows it: parsed once, defaults filled in, each unit named. Pure.
 * Meaning of the fields: the public ACK document on priority-based resource scheduling (398680).
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import type { Condition } from './condition.ts';

export const POLICY_API = {
  group: 'scheduling.alibabacloud.com',
  version: 'v1alpha1',
  plural: 'resourcepolicies',
} as const;

/** Kinds of capacity: `ecs` real nodes, `eci` and `acs` virtual nodes, `elastic` real nodes of elastic pools (deprecated by ACK). */
export const RESOURCES = ['ecs', 'eci', 'acs', 'elastic'] as const;
export type Resource = (typeof RESOURCES)[number];

/** When a pod may go on to the next unit; see `chooseUnit` of the placement room for each one's rule. */
export const TRY_NEXT = [
  'LackResourceOrExceedMax',
  'ExceedMax',
  'TimeoutOrExceedMax',
  'LackResourceAndNoTerminating',
] as const;
export type TryNext = (typeof TRY_NEXT)[number];

/** When preemption is tried: in each unit that lacks resources before the next one, or only after the last. */
export const PREEMPT_POLICIES = ['AfterAllUnits', 'BeforeNextUnit'] as const;
export type PreemptPolicy = (typeof PREEMPT_POLICIES)[number];

/** A limit of maxResources. */
export interface ResourceLimit {
  readonly resource: string;
  /** Millicores of `cpu`, whole units of everything else. */
  readonly amount: number;
  /** The quantity as the user wrote it. */
  readonly text: string;
}

/** A span of time as the user wrote it and in milliseconds. */
export interface Duration {
  readonly ms: number;
  readonly text: string;
}

/** One step of the scale-out order. */
export interface Unit {
  /** Place in the order, from 0. */
  readonly index: number;
  /**
   * What the unit is, e.g. `ecs(kubernetes.io/arch=amd64)`: stable when units around it come and go, so it can be
   * recorded on pods. Units that are alike get `#2`, `#3`…
   */
  readonly name: string;
  /** Absent: nodes of any kind. */
  readonly resource: Resource | undefined;
  /** Labels that a node of the unit carries, all of them; empty: every node of the resource. */
  readonly nodeSelector: Labels;
  /** Most pods of a group in the unit; 0 takes no pod; absent: no limit. */
  readonly max: number | undefined;
  /** Most summed requests of a group's pods in the unit; empty: no limit. */
  readonly maxResources: readonly ResourceLimit[];
  /** Written to the pods of the unit; a pod counts only if it bears them all. The wait switch is not among them. */
  readonly podLabels: Labels;
  /** Like podLabels. */
  readonly podAnnotations: Labels;
  /**
   * Pods wait in the unit for nodes to be added, for at most `timeout`, whatever `tryNext` says: the wait switch in
   * podLabels, or the resource `elastic` that it replaces.
   */
  readonly waitsForScaling: boolean;
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

export interface ResourcePolicy {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  /** metadata.creationTimestamp, milliseconds since the epoch (whole seconds). */
  readonly createdMs: number;
  /** Labels a pod carries, all of them; empty: every pod of the namespace. */
  readonly selector: Labels;
  /** Further requirements, ANDed with selector. */
  readonly matchExpressions: readonly LabelRequirement[];
  /** `max` holds for each combination of values of these labels; empty: for all selected pods together. */
  readonly matchLabelKeys: readonly string[];
  readonly tryNext: TryNext;
  /** Longest wait of a pod in a unit, where it waits for resources; default 15 minutes. */
  readonly timeout: Duration;
  readonly preemptPolicy: PreemptPolicy;
  /** Default false: pods scheduled before the policy was created count. */
  readonly ignorePreviousPod: boolean;
  /** Default true: terminating pods do not count. */
  readonly ignoreTerminatingPod: boolean;
  /** In order of preference; scale-in goes backward. */
  readonly units: readonly Unit[];
  /** Fields that are set but not acted upon, as paths such as `spec.units[1].spotInstance`. */
  readonly unenforced: readonly string[];
  /** What makes the policy unusable, each naming its field; empty for a policy that passed the CRD's validation. */
  readonly problems: readonly string[];
  /** Conditions that stand in its status. */
  readonly conditions: readonly Condition[];
}

/** Namespace and name in one word, e.g. `default/spark`. */
export function policyKey(policy: { readonly namespace: string; readonly name: string }): string {
  return `${policy.namespace}/${policy.name}`;
}
