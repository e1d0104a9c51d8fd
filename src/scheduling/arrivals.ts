/**
 * What becomes of a pod when it is created, by its place in the line of its group. Most join kube-scheduler's queue as
 * they are. One whose unit is certain, because those before it fill the units before, is pinned to that unit's nodes
 * where these are few and virtual. One that no unit can take for lack of max goes to the waiting room, and is looked at
 * in the same way when it is let out.
 *
 * Limits do not depend on any of it: /filter and /bind count as ever. Nor does the order of the units: pods that were
 * looked at and that the watch has not shown yet may never be created, so a pod is pinned only where its unit is the same
 * with them and without them. They count in full for who waits: whoever goes to the waiting room for their sake is let
 * out as soon as the watch shows it.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { carriesAll } from '../facts/labels.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import type { GroupRef, Ledger } from '../ledger/ledger.ts';
import { obstacle } from '../placement/node-fit.ts';
import type { Pin } from '../placement/pin.ts';
import { MOST_PINNED_NODES } from '../placement/pin.ts';
import type { Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { Matcher, Member } from './matcher.ts';
import { memberOf } from './matcher.ts';
import type { Clock } from './ports.ts';

/** A pod that is being created, or let out of the waiting room. */
export interface Newcomer {
  readonly namespace: string;
  readonly labels: Labels;
  readonly requests: Requests;
  readonly priority: number;
  readonly canPreempt: boolean;
  readonly constraints: PodConstraints;
}

export type Arrival =
  /** It joins kube-scheduler's queue as it is. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'pinned'; readonly pin: Pin }
  /** It goes to the waiting room. */
  | { readonly kind: 'held' };

export interface ArrivalsParts {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  readonly clock: Clock;
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
}

/** A pod that the watch has not shown after this time was not created after all. */
const ON_THE_WAY_MS = 10_000;

const QUEUED: Arrival = { kind: 'queued' };

/** Where a pod on its way will stand: in kube-scheduler's queue, in the waiting room, or in a unit, by its name. */
type Line = 'queue' | 'room' | `unit ${string}`;

export class Arrivals {
  readonly #parts: ArrivalsParts;
  /** When pods were looked at that the watch has not shown yet, by group and line. */
  readonly #onTheWay = new Map<string, number[]>();

  constructor(parts: ArrivalsParts) {
    this.#parts = parts;
  }

  /**
   * A pod is being created.
   *
   * @param isReal false: it is a dry run, and will not come.
   */
  arrives(pod: Newcomer, isReal: boolean): Arrival {
    const member = memberOf(this.#parts.matcher.find(pod));
    if (member === undefined) return QUEUED;
    const place = this.#placeOf(pod, member, true);
    const isHeld = place === 'none' && !this.#mayEvict(pod);
    const pin = isHeld || place === 'none' ? undefined : this.#pinTo(place, pod, member);
    if (isReal) this.#expect(member, isHeld ? 'room' : lineOf(pin));
    if (isHeld) return { kind: 'held' };
    return pin === undefined ? QUEUED : { kind: 'pinned', pin };
  }

  /** A pod is let out of the waiting room. @returns what it is to be pinned to; undefined: nothing. */
  leaves(pod: Newcomer): Pin | undefined {
    const member = memberOf(this.#parts.matcher.find(pod));
    if (member === undefined) return undefined;
    const place = this.#placeOf(pod, member, false);
    const pin = place === 'none' ? undefined : this.#pinTo(place, pod, member);
    this.#expect(member, lineOf(pin));
    return pin;
  }

  /** The watch shows a waiting pod for the first time, or for the first time outside of the waiting room. */
  seen(pod: PodFacts): void {
    if (this.#onTheWay.size === 0) return;
    const member = memberOf(this.#parts.matcher.membershipOf(pod));
    if (member === undefined) return;
    const line: Line = pod.isInWaitingRoom
      ? 'room'
      : pod.pinnedUnit === undefined
        ? 'queue'
        : `unit ${pod.pinnedUnit}`;
    const key = keyOf(member, line);
    const times = this.#onTheWay.get(key);
    times?.shift();
    if (times?.length === 0) this.#onTheWay.delete(key);
  }

  #groupOf(member: Member): ReturnType<Ledger['group']> {
    return this.#parts.ledger.group(refOf(member));
  }

  /**
   * The unit that the pod will go to when all before it in the line have gone where there is room by max; `none`: they
   * may take all room; undefined: it is not certain.
   *
   * @param afterRoom whether the pods of the waiting room come before it.
   */
  #placeOf(pod: Newcomer, member: Member, afterRoom: boolean): Unit | 'none' | undefined {
    const { hopeful, refused } = this.#parts.ledger.queue(refOf(member));
    const inRoom = afterRoom ? (this.#groupOf(member)?.held.size ?? 0) : 0;
    const shown = hopeful.length + refused.length + inRoom;
    const comingToRoom = afterRoom ? this.#count(member, 'room') : 0;
    const atMost = shown + this.#count(member, 'queue') + comingToRoom;
    const last = this.#unitAfter(member, atMost, (unit) => this.#count(member, `unit ${unit.name}`));
    if (last === 'none') return last;
    // Those refused may never go: what they leave to others is not known.
    if (refused.length > 0 || this.#mayEvict(pod)) return undefined;
    return this.#unitAfter(member, shown, () => 0) === last ? last : undefined;
  }

  /** The unit left to a pod by so many before it, and by those that are coming to each unit besides. */
  #unitAfter(member: Member, count: number, coming: (unit: Unit) => number): Unit | 'none' {
    const group = this.#groupOf(member);
    let before = count;
    for (const unit of member.policy.units) {
      const taken = (group?.taken(unit.index) ?? 0) + coming(unit);
      const free = Math.max(0, (unit.max ?? Infinity) - taken);
      if (before < free) return unit;
      before -= free;
    }
    return 'none';
  }

  /** Such a pod may make room where there is none. */
  #mayEvict({ canPreempt, priority }: Newcomer): boolean {
    return canPreempt && this.#parts.ledger.hasBoundBelow(priority);
  }

  #pinTo(unit: Unit | undefined, pod: Newcomer, { policy }: Member): Pin | undefined {
    const { ledger } = this.#parts;
    // It would have to wait in an earlier unit though that is full.
    if (unit === undefined || policy.tryNext === 'LackResourceAndNoTerminating') return undefined;
    if (unit.maxResources.length > 0 || pod.constraints.others.length > 0) return undefined;
    const names = [...ledger.nodesOf(policy, unit)];
    if (names.length > MOST_PINNED_NODES) return undefined;
    const nodeNames = names.filter((name) => this.#canTake(name, pod)).toSorted();
    return nodeNames.length === 0 ? undefined : { unit, nodeNames };
  }

  /** Real nodes come and go, and pods that are pinned to one that is gone would wait for ever. */
  #canTake(name: string, { constraints, requests }: Newcomer): boolean {
    const { ledger, virtualNodes } = this.#parts;
    const node = ledger.node(name);
    if (node === undefined) return false;
    if (!carriesAll(node.labels, virtualNodes)) return false;
    return obstacle({ constraints, requests }, node.capacity, ledger.usedOn(name)) === undefined;
  }

  #expect(member: Member, line: Line): void {
    const key = keyOf(member, line);
    const now = this.#parts.clock.nowMs();
    const times = this.#onTheWay.get(key) ?? [];
    times.push(now);
    // Last in the map is who was expected last, so that those who never came are found at its front.
    this.#onTheWay.delete(key);
    this.#onTheWay.set(key, times);
    for (const [other, expected] of this.#onTheWay) {
      if ((expected.at(-1) ?? 0) > now - ON_THE_WAY_MS) return;
      this.#onTheWay.delete(other);
    }
  }

  #count(member: Member, line: Line): number {
    const key = keyOf(member, line);
    const times = this.#onTheWay.get(key);
    if (times === undefined) return 0;
    const oldestMs = this.#parts.clock.nowMs() - ON_THE_WAY_MS;
    const late = times.findIndex((time) => time > oldestMs);
    if (late === -1) this.#onTheWay.delete(key);
    else if (late > 0) times.splice(0, late);
    return late === -1 ? 0 : times.length;
  }
}

function refOf({ policy, group }: Member): GroupRef {
  return { policyKey: policyKey(policy), group };
}

function keyOf({ policy, group }: Member, line: Line): string {
  return JSON.stringify([policyKey(policy), group, line]);
}

function lineOf(pin: Pin | undefined): Line {
  return pin === undefined ? 'queue' : `unit ${pin.unit.name}`;
}
