/**
 * Scale-in goes through the units backward. A ReplicaSet removes the pods with the lowest
 * `controller.kubernetes.io/pod-deletion-cost` first and takes an absent one as 0. Pure.
 *
 * @module
 */
import type { Unit } from '../policy/resource-policy.ts';

const COST_STEP = 100;

/** Deletion cost of a pod in the unit; undefined for the first unit, whose pods go last without any annotation. */
export function deletionCost(unit: Unit): number | undefined {
  return unit.index === 0 ? undefined : -COST_STEP * unit.index;
}
