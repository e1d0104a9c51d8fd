/**
 * Reading labels and annotations that somebody else wrote. Pure.
 *
 * @module
 */

import { asObject } from './json.ts';

export type Labels = Readonly<Record<string, string>>;

/** Value of a label or annotation; never something inherited, whatever the key is called. */
export function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Whether `labels` carry every pair of `wanted`. Empty `wanted` matches everything, as in Kubernetes. */
export function carriesAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labelOf(labels, key) === value);
}

/** The pairs of a JSON object whose values are texts. */
export function textsOf(value: unknown): Labels {
  const pairs = Object.entries(asObject(value));
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
