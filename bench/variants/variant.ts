/**
 * The set-ups that a benchmark compares. An id is `BASE@SAMPLING` or `BASE@SAMPLING/no-waiting`.
 *
 * @module
 */
import type { Workload } from '../workload/workload.ts';

/** What each set-up is, and what it promises. */
export const BASES = {
  alone: {
    text: 'kube-scheduler alone',
    extender: 'none',
    keepsPolicy: false,
  },
  affinity: {
    text: 'kube-scheduler alone, pods with preferred nodeAffinity to the units in order',
    extender: 'none',
    keepsPolicy: false,
  },
  'noop-all': {
    text: 'an extender that returns every node it is offered',
    extender: 'noop',
    keepsPolicy: false,
  },
  'noop-same': {
    text: 'an extender that returns the nodes resource-policy would, at most 100, and looks at nothing else',
    extender: 'noop',
    keepsPolicy: false,
  },
  'noop-same-bind': {
    text: 'the same, and it binds',
    extender: 'noop',
    keepsPolicy: false,
  },
  'ours-filter': {
    text: 'resource-policy without the bind verb',
    extender: 'ours',
    keepsPolicy: true,
  },
  'ours-filter-bind': {
    text: 'resource-policy with filter, preempt and bind, as shipped',
    extender: 'ours',
    keepsPolicy: true,
  },
  'ours-admission': {
    text: 'the same, and its admission webhook',
    extender: 'ours',
    keepsPolicy: true,
  },
} as const satisfies Readonly<Record<string, BaseForm>>;

interface BaseForm {
  readonly text: string;
  readonly extender: 'none' | 'noop' | 'ours';
  /** Whether a placement against the policy makes the run wrong, or is what this set-up does. */
  readonly keepsPolicy: boolean;
}

export type BaseName = keyof typeof BASES;
const BASE_NAMES = Object.keys(BASES) as BaseName[];

/** kube-scheduler's percentageOfNodesToScore: unset, where it looks for a share of the nodes, or 100. */
export const SAMPLINGS = ['default', '100'] as const;
export type Sampling = (typeof SAMPLINGS)[number];

export interface Variant {
  readonly id: string;
  readonly base: BaseName;
  readonly sampling: Sampling;
  /** Whether the waiting pods of the workload are there. */
  readonly hasWaiting: boolean;
}

/** A variant that does not exist, or does not suit the workload. */
export class VariantError extends Error {
  override readonly name = 'VariantError';
}

/** In a sentence. */
export function variantText({ base, sampling, hasWaiting }: Variant, { waiting }: Workload): string {
  const share = sampling === '100' ? 'percentageOfNodesToScore 100' : 'default sampling of nodes';
  const without = waiting !== undefined && !hasWaiting ? '; without the waiting pods' : '';
  return `${BASES[base].text}; ${share}${without}`;
}

/**
 * The variants that a text such as `alone@default,ours-filter` names; a base without sampling is both.
 *
 * @param text undefined: those of the workload, and if it names none, all.
 * @throws {VariantError} naming what is not known or does not suit the workload.
 */
export function chooseVariants(text: string | undefined, workload: Workload): readonly Variant[] {
  const named = text === undefined ? workload.variants : text.split(',').map((id) => id.trim());
  const ids = named.length > 0 ? named : BASE_NAMES.map((base) => defaultId(base, workload));
  const variants = ids.flatMap((id) => parseVariant(id, workload));
  const double = variants.find(({ id }, index) => variants.findIndex((other) => other.id === id) < index);
  if (double !== undefined) throw new VariantError(`${double.id} is named twice`);
  return variants;
}

function defaultId(base: BaseName, { waiting }: Workload): string {
  return waiting !== undefined && !canWait(base) ? `${base}/no-waiting` : base;
}

function parseVariant(id: string, workload: Workload): Variant[] {
  const match = /^([a-z-]+)(?:@([a-z0-9]+))?(\/no-waiting)?$/.exec(id);
  const base = BASE_NAMES.find((name) => name === match?.[1]);
  if (match === null || base === undefined) {
    throw new VariantError(
      `"${id}" is no variant; there are ${BASE_NAMES.join(', ')}, each with @default or @100 or both`,
    );
  }
  const samplings = SAMPLINGS.filter((sampling) => match[2] === undefined || match[2] === sampling);
  if (samplings.length === 0) throw new VariantError(`"${id}": sampling is default or 100`);
  const hasWaiting = workload.waiting !== undefined && match[3] === undefined;
  if (match[3] !== undefined && workload.waiting === undefined) {
    throw new VariantError(`"${id}": the workload ${workload.name} has no waiting pods`);
  }
  if (hasWaiting && !canWait(base)) {
    throw new VariantError(`"${id}": ${base} holds no pod back, so it runs only as ${id}/no-waiting`);
  }
  return samplings.map((sampling) => ({
    id: `${base}@${sampling}${match[3] ?? ''}`,
    base,
    sampling,
    hasWaiting,
  }));
}

/** Whether it refuses pods whose units are full. */
function canWait(base: BaseName): boolean {
  return base !== 'alone' && base !== 'affinity' && base !== 'noop-all';
}
