/**
 * The counts of all policies and their groups, taken from the ledger a little at a time: the same figures as in a policy's
 * status. Counts of groups that are looked at early may be some milliseconds older than those of the last.
 *
 * @module
 */
import type { GroupCounts } from '../ledger/group-counts.ts';
import type { Ledger, Standing } from '../ledger/ledger.ts';
import type { GroupKey } from '../policy/group.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { Task } from './slices.ts';

export interface UnitTally {
  /** Bound pods that count. */
  readonly bound: number;
  /** Places held for pods on their way. */
  readonly held: number;
  /** Summed requests by limit of maxResources. */
  readonly amounts: readonly number[];
  /** Pods that stay in this unit, whatever later ones have. */
  readonly waiting: number;
}

export interface GroupTally {
  readonly key: GroupKey;
  /** By unit, in order. */
  readonly units: readonly UnitTally[];
  /** Pods that hold no place. */
  readonly waiting: number;
  /** Places taken, of all units. */
  readonly taken: number;
}

export interface PolicyTally {
  readonly policy: ResourcePolicy;
  readonly groups: readonly GroupTally[];
  /** Sums over all groups, by unit, in order. */
  readonly units: readonly (UnitTally & {
    readonly nodes: number;
    /** Groups that are at their limit here. */
    readonly fullGroups: number;
  })[];
  /** Selected pods that hold no place, those in no group included. */
  readonly waiting: number;
  /** Those of them that belong to no group. */
  readonly outside: number;
}

/** What of the ledger is looked at. */
export type Counts = Pick<Ledger, 'standing' | 'reservation' | 'waitingUnit'>;

/** Waiting pods that are looked at without a stop. */
const STRETCH = 32;

/** In no particular order; a policy that the ledger does not have is left out. */
export function* tallyAll(
  counts: Counts,
  policies: readonly ResourcePolicy[],
): Task<ReadonlyMap<string, PolicyTally>> {
  const tallies = new Map<string, PolicyTally>();
  for (const policy of policies) {
    const key = policyKey(policy);
    const standing = counts.standing(key);
    if (standing !== undefined) tallies.set(key, yield* tallyOf(counts, standing));
    yield;
  }
  return tallies;
}

function* tallyOf(counts: Counts, { policy, nodeSets, ...standing }: Standing): Task<PolicyTally> {
  const outside = standing.conflicting.size + standing.ungrouped.size;
  const sums = policy.units.map(() => ({ ...NOTHING, amounts: [], fullGroups: 0 }));
  const groups: GroupTally[] = [];
  let waiting = outside;
  // As they are now: the map may be emptied and filled again before the last of them is looked at.
  const live = [...standing.groups.values()];
  for (const group of live) {
    const tally = yield* groupTally(counts, group);
    groups.push(tally);
    waiting += tally.waiting;
    for (const { index, max } of policy.units) {
      const [sum, unit] = [sums[index], tally.units[index]];
      if (sum === undefined || unit === undefined) continue;
      add(sum, unit);
      if (max !== undefined && takenOf(unit) >= max) sum.fullGroups += 1;
    }
    yield;
  }
  const units = sums.map((sum, index) => ({ ...sum, nodes: nodeSets[index]?.names.size ?? 0 }));
  return { policy, groups, units, waiting, outside };
}

function* groupTally(counts: Counts, group: GroupCounts): Task<GroupTally> {
  const { policy, key } = group;
  const waitingIn = new Map<string | undefined, number>();
  let waiting = 0;
  let looked = 0;
  const uids = [...group.pending, ...group.held, ...group.outside];
  for (const uid of uids) {
    looked += 1;
    if (looked % STRETCH === 0) yield;
    if (counts.reservation(uid) !== undefined) continue;
    const unit = counts.waitingUnit(uid);
    waiting += 1;
    waitingIn.set(unit, (waitingIn.get(unit) ?? 0) + 1);
  }
  const units = policy.units.map(({ index, name }) => ({
    bound: group.bound[index] ?? 0,
    held: group.reserved[index] ?? 0,
    amounts: [...group.usage(index).amounts],
    waiting: waitingIn.get(name) ?? 0,
  }));
  return { key, units, waiting, taken: units.reduce((sum, unit) => sum + takenOf(unit), 0) };
}

const NOTHING: UnitTally = { bound: 0, held: 0, amounts: [], waiting: 0 };

export function takenOf({ bound, held }: UnitTally = NOTHING): number {
  return bound + held;
}

interface Sum {
  bound: number;
  held: number;
  readonly amounts: number[];
  waiting: number;
}

function add(sum: Sum, { bound, held, amounts, waiting }: UnitTally): void {
  sum.bound += bound;
  sum.held += held;
  sum.waiting += waiting;
  amounts.forEach((amount, index) => (sum.amounts[index] = (sum.amounts[index] ?? 0) + amount));
}
