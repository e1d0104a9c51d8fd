/**
 * Counts of one group of one policy: the numbers that `max` is held against.
 *
 * @module
 */
import type { GroupKey } from '../policy/group.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';

export class GroupCounts {
  readonly policy: ResourcePolicy;
  readonly key: GroupKey;
  /** Bound pods that count, by unit. */
  readonly bound: number[];
  /** Reservations, by unit. */
  readonly reserved: number[];
  /** UIDs of the pods that wait for a place, in the order in which they were first seen. */
  readonly pending = new Set<string>();

  constructor(policy: ResourcePolicy, key: GroupKey) {
    this.policy = policy;
    this.key = key;
    this.bound = policy.units.map(() => 0);
    this.reserved = policy.units.map(() => 0);
  }

  /** Places taken in a unit: bound and reserved. */
  taken(unitIndex: number): number {
    return (this.bound[unitIndex] ?? 0) + (this.reserved[unitIndex] ?? 0);
  }

  /** Free places up to the sum of all max; Infinity when a unit has no max. */
  room(): number {
    let room = 0;
    for (const { index, max } of this.policy.units) {
      room += max === undefined ? Infinity : Math.max(0, max - this.taken(index));
    }
    return room;
  }

  get isEmpty(): boolean {
    return (
      this.pending.size === 0 &&
      this.bound.every((count) => count === 0) &&
      this.reserved.every((count) => count === 0)
    );
  }
}
