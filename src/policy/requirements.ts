/**
 * Which pods a policy selects, in words. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { labelOf } from '../facts/labels.ts';
import { selects } from './match.ts';
import type { LabelRequirement, ResourcePolicy } from './resource-policy.ts';

/** Requirements of the policy, as kubectl writes them; empty: it selects every pod of its namespace. */
export function requirementsOf({ selector, matchExpressions }: ResourcePolicy): readonly string[] {
  return [
    ...Object.entries(selector).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(requirementText),
  ];
}

/** Requirements of the policy that the labels do not meet, as kubectl writes them; empty: the policy selects the pod. */
export function unmetRequirements(policy: ResourcePolicy, labels: Labels): readonly string[] {
  return [
    ...Object.entries(policy.selector)
      .filter(([key, value]) => labelOf(labels, key) !== value)
      .map(([key, value]) => `${key}=${value}`),
    ...policy.matchExpressions
      .filter((requirement) => !selects({ ...policy, selector: {}, matchExpressions: [requirement] }, labels))
      .map(requirementText),
  ];
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(', ')})`;
    case 'NotIn':
      return `${key} notin (${values.join(', ')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}
