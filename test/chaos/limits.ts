/**
 * What a policy promises, as the checker knows it: told by hand beside the manifest, not read by any code of the extender.
 *
 * @module
 */

/** A unit, and its limits per group; absent: none. */
export interface UnitLimits {
  readonly name: string;
  /** Its nodes are those whose names begin so; units do not overlap. */
  readonly nodes: string;
  readonly max?: number;
  readonly maxMilliCpu?: number;
  /** What each of its nodes offers, in millicores; absent: more than enough. */
  readonly capacity?: Readonly<Record<string, number>>;
}

/** The one policy of a namespace; one without units lets pods go anywhere. */
export interface PolicyLimits {
  readonly namespace: string;
  /** Label whose values are the groups; absent: all pods are one group. */
  readonly groupLabel?: string;
  /** Whether pods count until they are gone (`ignoreTerminatingPod: false`). */
  readonly countsTerminating: boolean;
  readonly units: readonly UnitLimits[];
}

/** What a group has in a unit. */
export interface Used {
  pods: number;
  milliCpu: number;
}

/** Whether a pod of this size has room beside what is used. */
export function hasRoom(unit: UnitLimits, used: Used, milliCpu: number): boolean {
  const { max = Infinity, maxMilliCpu = Infinity } = unit;
  return used.pods < max && used.milliCpu + milliCpu <= maxMilliCpu;
}

/** Whether more is used than the limits allow. */
export function isOver(unit: UnitLimits, used: Used): boolean {
  const { max = Infinity, maxMilliCpu = Infinity } = unit;
  return used.pods > max || used.milliCpu > maxMilliCpu;
}
