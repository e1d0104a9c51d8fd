/**
 * Counts of one group of one policy: the numbers that `max` and `maxResources` are held against.
 *
 * @module
 */
import type { Requests } from '../facts/requests.ts';
import type { Usage } from '../placement/usage.ts';
import { amountOf, fullness } from '../placement/usage.ts';
import type { GroupKey } from '../policy/group.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';

const NO_AMOUNTS: readonly number[] = [];

export class GroupCounts {
  readonly policy: ResourcePolicy;
  readonly key: GroupKey;
  /** Bound pods that count, by unit. */
  readonly bound: number[];
  /** Reservations, by unit. */
  readonly reserved: number[];
  /** UIDs of the pods that wait in kube-scheduler's queue, in the order in which they were first seen. */
  readonly pending = new Set<string>();
  /** Those of them that were refused a place, or that kube-scheduler reported unschedulable. */
  readonly refused = new Set<string>();
  /** UIDs of the pods in the waiting room, in the order in which they were first seen. */
  readonly held = new Set<string>();
  /** UIDs of the pods that gates of others keep from kube-scheduler. */
  readonly outside = new Set<string>();
  /** Summed requests of bound pods and reservations, by unit and by limit of its maxResources. */
  readonly #amounts: readonly number[][];

  constructor(policy: ResourcePolicy, key: GroupKey) {
    this.policy = policy;
    this.key = key;
    this.bound = policy.units.map(() => 0);
    this.reserved = policy.units.map(() => 0);
    this.#amounts = policy.units.map((unit) => unit.maxResources.map(() => 0));
  }

  /** A pod with these requests counts in the unit from now on (1), or no longer (-1). */
  count(kind: 'bound' | 'reserved', unitIndex: number, requests: Requests, difference: 1 | -1): void {
    add(this[kind], unitIndex, difference);
    const amounts = this.#amounts[unitIndex] ?? [];
    this.policy.units[unitIndex]?.maxResources.forEach(({ resource }, limit) => {
      add(amounts, limit, difference * amountOf(requests, resource));
    });
  }

  /** Places taken in a unit: bound and reserved. */
  taken(unitIndex: number): number {
    return (this.bound[unitIndex] ?? 0) + (this.reserved[unitIndex] ?? 0);
  }

  /** Live for amounts: do not keep it. */
  usage(unitIndex: number): Usage {
    return { pods: this.taken(unitIndex), amounts: this.#amounts[unitIndex] ?? NO_AMOUNTS };
  }

  /** Places and amounts of every unit, to compare with later. */
  snapshot(): readonly number[] {
    return this.policy.units.flatMap(({ index }) => [this.taken(index), ...(this.#amounts[index] ?? [])]);
  }

  /** Whether some unit's max and maxResources leave room for a pod with these requests. */
  fits(requests: Requests): boolean {
    return this.policy.units.some((unit) => fullness(unit, this.usage(unit.index), requests) === undefined);
  }

  /**
   * Free places up to the sum of all max; Infinity when a unit that is not over its maxResources has no max. At its
   * maxResources it still takes pods that ask for none of them: {@link fits} tells for each.
   */
  room(): number {
    return this.policy.units.reduce((room, unit) => room + this.#roomOf(unit), 0);
  }

  /** Pods that wait, wherever. */
  get waitingCount(): number {
    return this.pending.size + this.held.size + this.outside.size;
  }

  get isEmpty(): boolean {
    return (
      this.waitingCount === 0 &&
      this.bound.every((count) => count === 0) &&
      this.reserved.every((count) => count === 0)
    );
  }

  #roomOf({ index, max, maxResources }: Unit): number {
    const amounts = this.#amounts[index] ?? [];
    if (maxResources.some(({ amount }, limit) => (amounts[limit] ?? 0) > amount)) return 0;
    return max === undefined ? Infinity : Math.max(0, max - this.taken(index));
  }
}

function add(counts: number[], index: number, difference: number): void {
  counts[index] = (counts[index] ?? 0) + difference;
}
