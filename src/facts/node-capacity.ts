/**
 * What a node can take. Pure.
 *
 * @module
 */
import type { Labels } from './labels.ts';
import { parseAmount } from './quantity.ts';
import { required } from './required.ts';

export interface Taint {
  readonly key: string;
  /** Empty when absent. */
  readonly value: string;
  /** NoSchedule, PreferNoSchedule or NoExecute. */
  readonly effect: string;
}

export interface NodeCapacity {
  readonly name: string;
  readonly labels: Labels;
  /** Cordoned: spec.unschedulable. */
  readonly isCordoned: boolean;
  readonly taints: readonly Taint[];
  /** In the units of `parseAmount`; a resource that is absent cannot be had there. */
  readonly allocatable: Readonly<Record<string, number>>;
}

export interface NodeCapacityObject {
  readonly metadata?: { readonly name?: string; readonly labels?: Labels | null };
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?:
      readonly { readonly key?: string; readonly value?: string; readonly effect?: string }[] | null;
  };
  readonly status?: { readonly allocatable?: Readonly<Record<string, unknown>> | null };
}

/** @throws {MissingField} when the name is absent. */
export function nodeCapacity({ metadata, spec, status }: NodeCapacityObject): NodeCapacity {
  const allocatable = Object.entries(status?.allocatable ?? {}).flatMap(([resource, quantity]) => {
    const amount = parseAmount(resource, quantity);
    return amount === undefined ? [] : [[resource, amount] as const];
  });
  return {
    name: required(metadata?.name, 'metadata.name'),
    labels: metadata?.labels ?? {},
    isCordoned: spec?.unschedulable === true,
    taints: (spec?.taints ?? []).map(({ key = '', value = '', effect = '' }) => ({ key, value, effect })),
    allocatable: Object.fromEntries(allocatable),
  };
}
