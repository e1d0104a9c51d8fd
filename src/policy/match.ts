/**
 * Which policy selects a pod. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { carriesAll, labelOf } from '../facts/labels.ts';
import type { LabelRequirement, ResourcePolicy } from './resource-policy.ts';

export type Match =
  /** No policy of the namespace selects the pod: it is not ours to place. */
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly policy: ResourcePolicy }
  /** Two or more select it; ACK does not say whose limits hold, so none is guessed. Sorted by name. */
  | { readonly kind: 'conflict'; readonly policies: readonly ResourcePolicy[] };

/**
 * Finds the policy of a pod among the policies of the pod's own namespace.
 *
 * @param policies all of one namespace; the caller keeps namespaces apart.
 */
export function matchPolicy(policies: readonly ResourcePolicy[], labels: Labels): Match {
  const selecting = policies.filter((policy) => selects(policy, labels));
  const [first] = selecting;
  if (first === undefined) return { kind: 'none' };
  if (selecting.length === 1) return { kind: 'one', policy: first };
  return { kind: 'conflict', policies: selecting.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Whether the policy selects a pod of its namespace with these labels: selector AND every matchExpression. */
export function selects(policy: ResourcePolicy, labels: Labels): boolean {
  return (
    carriesAll(labels, policy.selector) &&
    policy.matchExpressions.every((requirement) => meets(requirement, labels))
  );
}

/** As in Kubernetes, NotIn and DoesNotExist also hold for a pod that lacks the label. */
function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labelOf(labels, requirement.key);
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
