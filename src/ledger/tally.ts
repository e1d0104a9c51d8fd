/**
 * Totals of one policy for its metrics. Read at every scrape, so it adds up what is counted already, group by group, and
 * walks no pods: its time follows from groups and units alone.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Unit } from '../policy/resource-policy.ts';
import type { GroupCounts } from './group-counts.ts';
import type { Standing } from './ledger.ts';

export interface UnitTally {
  /** Bound pods that count, of all groups. */
  readonly bound: number;
  /** Places held for pods that are not yet seen bound. */
  readonly reserved: number;
  /** Places taken by the group that has most. */
  readonly fullestGroup: number;
  /** Groups without a further place: at max, or a resource of maxResources is used up. */
  readonly groupsAtMax: number;
  /** Groups with more bound pods than max, or more of a resource than maxResources. */
  readonly groupsOverMax: number;
  /** Used of maxResources by all groups, in the order of the limits. */
  readonly amounts: readonly number[];
  readonly nodes: number;
}

export interface PolicyTally {
  readonly groups: number;
  /** Pods that hold no place, in groups where no unit has room for the pod that has waited longest. */
  readonly waitingAtMax: number;
  /** Those of the other groups. */
  readonly waitingBelowMax: number;
  /** Pods that gates of others keep from kube-scheduler. */
  readonly gated: number;
  readonly conflicting: number;
  readonly ungrouped: number;
  /** In order. */
  readonly units: readonly UnitTally[];
}

/** @param pod as the watch shows it; undefined: it is gone. */
export function tallyOf(standing: Standing, pod: (uid: string) => PodFacts | undefined): PolicyTally {
  const { policy, groups, nodeSets, conflicting, ungrouped } = standing;
  let waitingAtMax = 0;
  let waitingBelowMax = 0;
  let gated = 0;
  for (const group of groups.values()) {
    gated += group.outside.size;
    const waiting = waitingIn(group);
    if (waiting === 0) continue;
    const [longest = ''] = group.pending.size > 0 ? group.pending : group.held;
    if (group.fits(pod(longest)?.requests ?? {})) waitingBelowMax += waiting;
    else waitingAtMax += waiting;
  }
  return {
    groups: groups.size,
    waitingAtMax,
    waitingBelowMax,
    gated,
    conflicting: conflicting.size,
    ungrouped: ungrouped.size,
    units: policy.units.map((unit) => ({
      ...tallyOfUnit(unit, groups.values()),
      nodes: nodeSets[unit.index]?.names.size ?? 0,
    })),
  };
}

/** A pod whose place is held is among those that wait until it is seen bound. */
function waitingIn({ pending, held, reserved }: GroupCounts): number {
  return Math.max(
    0,
    reserved.reduce((left, count) => left - count, pending.size + held.size),
  );
}

function tallyOfUnit(unit: Unit, groups: Iterable<GroupCounts>): Omit<UnitTally, 'nodes'> {
  const { index, max = Infinity, maxResources } = unit;
  const sum = { bound: 0, reserved: 0, fullestGroup: 0, groupsAtMax: 0, groupsOverMax: 0 };
  const amounts = unit.maxResources.map(() => 0);
  for (const group of groups) {
    const { pods, amounts: used } = group.usage(index);
    sum.bound += group.bound[index] ?? 0;
    sum.reserved += group.reserved[index] ?? 0;
    if (pods > sum.fullestGroup) sum.fullestGroup = pods;
    const isUsedUp = maxResources.some(({ amount }, limit) => (used[limit] ?? 0) >= amount);
    if (isUsedUp || pods >= max) sum.groupsAtMax += 1;
    if (isOver(unit, group)) sum.groupsOverMax += 1;
    for (const limit of maxResources.keys()) amounts[limit] = (amounts[limit] ?? 0) + (used[limit] ?? 0);
  }
  return { ...sum, amounts };
}

/**
 * Whether the group's bound pods are more than the unit allows; of resources, with those held, as these are counted
 * together.
 */
export function isOver({ index, max, maxResources }: Unit, group: GroupCounts): boolean {
  if (max !== undefined && (group.bound[index] ?? 0) > max) return true;
  const { amounts } = group.usage(index);
  return maxResources.some(({ amount }, limit) => (amounts[limit] ?? 0) > amount);
}
