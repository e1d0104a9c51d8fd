/**
 * Scores for the prioritize verb: kube-scheduler accepts whole numbers from 0 to 10 only. Pure.
 *
 * @module
 */
import type { Unit } from '../policy/resource-policy.ts';

const HIGHEST = 10;

/**
 * Score of a node in the unit: 10 for the unit the pod has a reservation in, then falling with the units' order
 * (9 for the first, 0 from the tenth on). A node in no unit (undefined) scores 0.
 */
export function unitScore(unit: Unit | undefined, reserved: Unit | undefined): number {
  if (unit === undefined) return 0;
  return unit.name === reserved?.name ? HIGHEST : Math.max(0, HIGHEST - 1 - unit.index);
}
