/**
 * What a group has taken of a unit, and whether a pod still fits under the unit's limits. Pure.
 *
 * @module
 */
import type { Requests } from '../facts/requests.ts';
import type { Unit } from '../policy/resource-policy.ts';

/** Pods of a group in a unit, reservations included. */
export interface Usage {
  readonly pods: number;
  /** Their summed requests, by the limits of the unit's maxResources in order. */
  readonly amounts: readonly number[];
}

/** Which limit keeps a pod out of a unit. */
export type Fullness = 'at-max' | 'at-max-resources';

/**
 * Why the unit takes no further pod with these requests; undefined when it does. An absent max is never reached, a max
 * of 0 always is; maxResources are reached when the pod's requests would exceed them (ACK: used + pod > maxResources).
 */
export function fullness(unit: Unit, usage: Usage, requests: Requests): Fullness | undefined {
  if (unit.max !== undefined && usage.pods >= unit.max) return 'at-max';
  const isOver = unit.maxResources.some(
    ({ resource, amount }, index) => (usage.amounts[index] ?? 0) + amountOf(requests, resource) > amount,
  );
  return isOver ? 'at-max-resources' : undefined;
}

/** A resource that is not asked for counts as 0. */
export function amountOf(requests: Requests, resource: string): number {
  return Object.hasOwn(requests, resource) ? (requests[resource] ?? 0) : 0;
}
