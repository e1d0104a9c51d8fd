/**
 * The reservations, each with the places it takes in the counts. A reservation's life:
 *
 *     reserve          start                 landed
 *   ──────────▶ reserved ──────▶ binding ───────────────▶ landed
 *                  │     ┌──────▶   │ └──── unknown ────▶ uncertain
 *       drop, expired,   │       refused                    │   │
 *       pod unschedulable│       (the last one              │   │
 *       pod gone or      │       that is open)      watch: bound, or expired when a
 *       finished         │          │               fresh view shows it unbound, or
 *                        │          │               changed since (then it is void)
 *                  ▼     │          ▼                      ▼
 *                 gone   │         gone         gone (bound pods count by themselves)
 *                        └ start of a pod that holds no place: no policy selects it
 *
 * From every state: the watch shows the pod bound, or gone → the reservation is gone. A new reservation of the same
 * pod replaces one in state `reserved` only; in the other states the Binding may land.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import { laterVersion } from '../facts/resource-version.ts';
import type { Marks } from '../placement/marks.ts';
import { marksOf } from '../placement/marks.ts';
import type { GroupCounts } from './group-counts.ts';
import type { Place, Reservation, Reserved, UnderWay, VersionNamed } from './reservation.ts';

/** What a reservation takes of one unit. */
export interface Taken {
  readonly group: GroupCounts;
  /** Index of the unit. */
  readonly unit: number;
  readonly requests: Requests;
}

export interface ReservationsParts {
  readonly clock: { nowMs(): number };
  /** Under the policies and nodes of now. */
  readonly takenBy: (reservation: Reservation) => readonly Taken[];
  /** Called before each change of the group's counts. */
  readonly touch: (group: GroupCounts) => void;
}

interface Holding {
  readonly reservation: Reservation;
  readonly taken: readonly Taken[];
}

const NOTHING: readonly Taken[] = [];

export class Reservations {
  readonly #parts: ReservationsParts;
  readonly #held = new Map<string, Holding>();

  constructor(parts: ReservationsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  get(uid: string): Reservation | undefined {
    return this.#held.get(uid)?.reservation;
  }

  takenBy(uid: string): readonly Taken[] {
    return this.#held.get(uid)?.taken ?? NOTHING;
  }

  all(): readonly Reservation[] {
    return [...this.#held.values()].map(({ reservation }) => reservation);
  }

  /** Replaces what the pod holds. */
  reserve(place: Place, { isAhead }: { isAhead: boolean }): void {
    const sinceMs = this.#parts.clock.nowMs();
    this.#hold({ ...place, state: 'reserved', isAhead, nodeName: undefined, sinceMs });
  }

  /** Its time begins again. */
  renew(reserved: Reserved): void {
    const sinceMs = this.#parts.clock.nowMs();
    const taken = this.takenBy(reserved.pod.uid);
    this.#held.set(reserved.pod.uid, { reservation: { ...reserved, sinceMs }, taken });
  }

  drop(uid: string): void {
    const holding = this.#held.get(uid);
    if (holding === undefined) return;
    this.#held.delete(uid);
    this.#count(holding.taken, -1);
  }

  /** A Binding to this node goes out, a first or a repeated one. @returns what it is to carry. */
  start(pod: PodFacts, nodeName: string): Marks | undefined {
    const held = this.get(pod.uid);
    const sinceMs = this.#parts.clock.nowMs();
    if (held === undefined || held.state === 'reserved') {
      const marks = held === undefined ? undefined : marksOf(pod, held.policy, held.unit);
      const targets = [{ nodeName, marks, version: versionNamed(pod, marks) }];
      const sent = { pod, unit: held?.unit, nodeName, targets, open: 1, isDoubtful: false, sinceMs };
      this.#hold({ state: 'binding', ...sent });
      return marks;
    }
    const repeated = held.targets.find((target) => target.nodeName === nodeName);
    const marks = repeated?.marks;
    const others = held.targets.filter((target) => target !== repeated);
    const version = laterVersion(repeated?.version, versionNamed(pod, marks));
    const targets = [...others, { nodeName, marks, version }];
    const state = held.state === 'landed' ? held.state : 'binding';
    this.#hold({ ...held, state, nodeName, targets, open: held.open + 1, sinceMs });
    return marks;
  }

  landed(uid: string): void {
    const held = this.underWay(uid);
    if (held !== undefined) this.#advance(held, { state: 'landed', open: held.open - 1 });
  }

  /** @param named the version that the Binding to the node named, where it is not the one that it was started with. */
  unknown(uid: string, named: VersionNamed | undefined): void {
    const held = this.underWay(uid);
    if (held === undefined) return;
    const targets = held.targets.map((target) =>
      target.nodeName === named?.nodeName && target.marks !== undefined
        ? { ...target, version: laterVersion(target.version, named.version) }
        : target,
    );
    this.#answered({ ...held, targets, isDoubtful: true });
  }

  /** @param settlesAll the pod is gone or bound: nothing sent to another node than its own can land. */
  refused(uid: string, { settlesAll }: { settlesAll: boolean }): void {
    const held = this.underWay(uid);
    if (held === undefined) return;
    if (settlesAll && held.targets.length === 1) this.drop(uid);
    else this.#answered(held);
  }

  underWay(uid: string): UnderWay | undefined {
    const held = this.get(uid);
    return held?.state === 'reserved' ? undefined : held;
  }

  /** Counts it again: something that its places depend on has changed. */
  recount(reservation: Reservation): void {
    this.#hold(reservation);
  }

  /**
   * Counts those of a namespace again, after all its counts were set to nothing.
   *
   * @param now what becomes of a place that nothing was written for; undefined: it is given up.
   */
  recountAll(namespace: string, now: (reserved: Reserved) => Reserved | undefined): void {
    const held = this.all().filter(({ pod }) => pod.namespace === namespace);
    for (const { pod } of held) this.#held.delete(pod.uid);
    for (const reservation of held) {
      const kept = reservation.state === 'reserved' ? now(reservation) : reservation;
      if (kept !== undefined) this.#hold(kept);
    }
  }

  /** One Binding less is open, and it did not land for sure: the place is free only if no other one can. */
  #answered(held: UnderWay): void {
    const open = held.open - 1;
    if (held.state === 'landed' || open > 0) this.#advance(held, { open });
    else if (held.isDoubtful) this.#advance(held, { open, state: 'uncertain' });
    else this.drop(held.pod.uid);
  }

  #advance(held: UnderWay, change: Partial<UnderWay>): void {
    const reservation = { ...held, ...change, sinceMs: this.#parts.clock.nowMs() };
    this.#held.set(held.pod.uid, { reservation, taken: this.takenBy(held.pod.uid) });
  }

  #hold(reservation: Reservation): void {
    this.drop(reservation.pod.uid);
    const taken = this.#parts.takenBy(reservation);
    this.#count(taken, 1);
    this.#held.set(reservation.pod.uid, { reservation, taken });
  }

  #count(taken: readonly Taken[], difference: 1 | -1): void {
    for (const { group, unit, requests } of taken) {
      this.#parts.touch(group);
      group.count('reserved', unit, requests, difference);
    }
  }
}

/** A Binding names a version where it carries marks: only then does it matter that it lands on no other one. */
function versionNamed({ resourceVersion }: PodFacts, marks: Marks | undefined): string | undefined {
  return marks === undefined || resourceVersion === '' ? undefined : resourceVersion;
}
