/**
 * Scale-in goes through the units backward. A ReplicaSet removes the pods with the lowest
 * `controller.kubernetes.io/pod-deletion-cost` first and takes an absent one as 0. Pure.
 *
 * @module
 */
import { DELETION_COST_ANNOTATION, OWN_COST_ANNOTATION } from '../facts/annotations.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Unit } from '../policy/resource-policy.ts';

const COST_STEP = 100;

/** Deletion cost of a pod in the unit; undefined for the first unit, whose pods go last without any annotation. */
export function deletionCost(unit: Unit): number | undefined {
  return unit.index === 0 ? undefined : -COST_STEP * unit.index;
}

/** Whether the pod's cost was written by its user, by Spark or by another controller: such a cost is left alone. */
function hasForeignCost(pod: PodFacts): boolean {
  return pod.deletionCost !== undefined && pod.deletionCost !== pod.ownDeletionCost;
}

/** Whether somebody else's cost keeps a bound pod from leaving in the order of the units. */
export function isCostOverridden(pod: PodFacts, unit: Unit): boolean {
  return hasForeignCost(pod) && pod.deletionCost !== String(deletionCost(unit) ?? 0);
}

/**
 * The annotations that give a bound pod the cost of its unit, null to remove one; undefined when it has it already, or
 * a foreign one.
 *
 * @param unit undefined: no policy selects the pod any more, so a cost of ours goes.
 */
export function costCorrection(
  pod: PodFacts,
  unit: Unit | undefined,
): Readonly<Record<string, string | null>> | undefined {
  if (hasForeignCost(pod)) return undefined;
  const wanted = unit === undefined ? undefined : deletionCost(unit);
  const text = wanted === undefined ? undefined : String(wanted);
  if (pod.deletionCost === text) return undefined;
  return { [DELETION_COST_ANNOTATION]: text ?? null, [OWN_COST_ANNOTATION]: text ?? null };
}
