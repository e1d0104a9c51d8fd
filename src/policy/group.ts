/**
 * The group of a pod: pods whose matchLabelKeys labels have the same values share every `max`. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { labelOf } from '../facts/labels.ts';
import type { ResourcePolicy } from './resource-policy.ts';

/** Values of the matchLabelKeys labels, joined with a comma (which no label value contains); '' without matchLabelKeys. */
export type GroupKey = string;

export type Grouping =
  | { readonly kind: 'group'; readonly group: GroupKey }
  /** The pod lacks this label, so no limit can be kept for it: ACK refuses such a pod. */
  | { readonly kind: 'missing-label'; readonly label: string };

export function groupOf(policy: ResourcePolicy, labels: Labels): Grouping {
  const values: string[] = [];
  for (const key of policy.matchLabelKeys) {
    const value = labelOf(labels, key);
    if (value === undefined) return { kind: 'missing-label', label: key };
    values.push(value);
  }
  return { kind: 'group', group: values.join(',') };
}
