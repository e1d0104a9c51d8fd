/**
 * The ledger: how many pods of each group count in each unit. It is a function of the pods, nodes and policies that
 * the watch delivered, plus reservations; nothing else is state, so a restart rebuilds it from the API server alone.
 * No I/O; the clock comes in. Every method is synchronous, and Node runs one at a time: that is the lock.
 *
 * A reservation's life:
 *
 *     reserve          startBind             bindLanded
 *   ──────────▶ reserved ──────▶ binding ───────────────▶ landed
 *                  │                │ └── bindUnknown ──▶ uncertain
 *                  │                │                      │   │
 *       forget, expire,         bindRefused         watch: bound, or expire when a
 *       pod unschedulable       (the last one       fresh view shows it unbound
 *       pod gone or finished     that is open)             │
 *                  ▼                ▼                      ▼
 *                 gone             gone         gone (bound pods count by themselves)
 *
 * From every state: the watch shows the pod bound, or gone → the reservation is gone. A new reservation of the same
 * pod replaces one in state `reserved` only; the other states stick to their unit, because the Binding may land.
 *
 * What it relies on: events of one pod arrive in the order of the API server's history; a pod may arrive bound
 * without a reservation (bound by somebody else, or before our start); a reservation may exist for a pod that the
 * watch has not delivered yet.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Labels } from '../facts/labels.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { GroupKey } from '../policy/group.ts';
import { groupOf } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import { isFull } from '../placement/choose.ts';
import { GroupCounts } from './group-counts.ts';
import type { NodeSet } from './node-sets.ts';
import { NodeSets } from './node-sets.ts';
import type { Place, Reservation } from './reservation.ts';

/** Removed pods remembered, so that a late /filter of one does not hold a place; older ones fall back to expiry. */
const REMEMBERED_REMOVALS = 20_000;

/** Refused pods remembered until the watch shows them; for older ones only kube-scheduler's own retries are left. */
const REMEMBERED_REFUSALS = 20_000;

export interface LedgerOptions {
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
  readonly clock: { nowMs(): number };
  /**
   * Whether /bind comes to us and checks again. If not, a reservation is all there is, so it is not taken back when
   * the pod is reported unschedulable (the report may be older than the reservation).
   */
  readonly checksAtBind: boolean;
  /** Called after a change that gave a group with waiting pods more room, or that may let its pods go elsewhere. */
  readonly onRoom: (group: GroupRef) => void;
}

/** Names a group for as long as it is talked about: its counts may be replaced in the meantime. */
export interface GroupRef {
  readonly policyKey: string;
  readonly group: GroupKey;
}

/** A pod that waits for a place in its group. */
export interface WaitingPod {
  readonly pod: PodFacts;
  /** When its last /filter was refused, on the ledger's clock; undefined: not since our start. */
  readonly refusedMs: number | undefined;
}

interface PolicyState {
  readonly policy: ResourcePolicy;
  readonly nodeSets: readonly NodeSet[];
  readonly groups: Map<GroupKey, GroupCounts>;
}

/** What one pod adds to one group. */
interface Share {
  readonly group: GroupCounts;
  /** Unit that a bound pod counts in; -1: in none, the pod is waiting. */
  readonly unit: number;
}

interface Entry {
  pod: PodFacts;
  shares: readonly Share[];
  refusedMs: number | undefined;
}

const NO_SHARES: readonly Share[] = [];

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #nodes: NodeSets;
  readonly #policies = new Map<string, PolicyState>();
  readonly #policiesByNamespace = new Map<string, PolicyState[]>();
  readonly #pods = new Map<string, Entry>();
  readonly #podsByNamespace = new Index();
  readonly #podsByNode = new Index();
  readonly #reservations = new Map<string, Reservation>();
  /** UIDs of the reservations whose policy is gone though a Binding is under way: counted again when one is back. */
  readonly #adrift = new Set<string>();
  #policyEpoch = 0;
  readonly #removed = new LRUCache<string, true>({ max: REMEMBERED_REMOVALS });
  /** When pods that the watch has not shown yet were last refused. */
  readonly #refusedUnseen = new LRUCache<string, number>({ max: REMEMBERED_REFUSALS });
  /** Groups changed by the running operation, with their counts before it. */
  readonly #touched = new Map<GroupCounts, number[]>();

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#nodes = new NodeSets(options.virtualNodes);
  }

  // ── what the watch sees ──────────────────────────────────────────────────────────────────────────────────────

  upsertPod(pod: PodFacts): void {
    const refusedUnseenMs = this.#refusedUnseen.get(pod.uid);
    const entry = this.#pods.get(pod.uid) ?? this.#track(pod, refusedUnseenMs);
    if (entry.pod.nodeName !== pod.nodeName) {
      this.#podsByNode.remove(entry.pod.nodeName, pod.uid);
      this.#podsByNode.add(pod.nodeName, pod.uid);
    }
    entry.pod = pod;
    this.#recount(entry);
    this.#settle(pod);
    this.#finish();
    if (refusedUnseenMs === undefined) return;
    this.#refusedUnseen.delete(pod.uid);
    // Its group may have gained room between the refusal and now, when the pod was not there to be told.
    for (const { group, unit } of entry.shares) if (unit === -1 && group.room() > 0) this.#announce(group);
  }

  removePod(pod: PodFacts): void {
    this.#removed.set(pod.uid, true);
    this.#refusedUnseen.delete(pod.uid);
    const entry = this.#pods.get(pod.uid);
    if (entry !== undefined) {
      this.#setShares(entry, NO_SHARES);
      this.#pods.delete(pod.uid);
      this.#podsByNamespace.remove(entry.pod.namespace, pod.uid);
      this.#podsByNode.remove(entry.pod.nodeName, pod.uid);
    }
    this.#drop(pod.uid);
    this.#finish();
  }

  upsertNode(node: NodeFacts): void {
    this.#nodesChanged(node.name, this.#nodes.upsert(node));
  }

  removeNode(node: NodeFacts): void {
    this.#nodesChanged(node.name, this.#nodes.remove(node));
  }

  upsertPolicy(policy: ResourcePolicy): void {
    const known = this.#policies.get(policyKey(policy));
    if (
      known !== undefined &&
      known.policy.generation === policy.generation &&
      known.policy.uid === policy.uid
    )
      return;
    this.#setPolicy(policy.namespace, policyKey(policy), policy);
  }

  removePolicy(policy: ResourcePolicy): void {
    this.#setPolicy(policy.namespace, policyKey(policy), undefined);
  }

  // ── what a decision asks ─────────────────────────────────────────────────────────────────────────────────────

  /** Policies of a namespace, in no particular order. */
  policiesOf(namespace: string): readonly ResourcePolicy[] {
    return (this.#policiesByNamespace.get(namespace) ?? []).map((state) => state.policy);
  }

  /** Changes whenever any policy does: what was derived from policies under another epoch is void. */
  get policyEpoch(): number {
    return this.#policyEpoch;
  }

  hasPolicies(namespace: string): boolean {
    return this.#policiesByNamespace.has(namespace);
  }

  pod(uid: string): PodFacts | undefined {
    return this.#pods.get(uid)?.pod;
  }

  /** Whether the watch has shown this pod removed; such a UID never comes back. */
  isRemoved(uid: string): boolean {
    return this.#removed.has(uid);
  }

  reservation(uid: string): Reservation | undefined {
    return this.#reservations.get(uid);
  }

  get reservationCount(): number {
    return this.#reservations.size;
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get nodeCount(): number {
    return this.#nodes.nodeCount;
  }

  get policyCount(): number {
    return this.#policies.size;
  }

  /** Pods of the group that count in the unit, bound and reserved, the pod `except` left out. */
  taken(policy: ResourcePolicy, group: GroupKey, unit: Unit, except: string): number {
    const counts = this.#policies.get(policyKey(policy))?.groups.get(group);
    if (counts === undefined) return 0;
    const own = this.#reservations.get(except);
    const isOwn =
      own !== undefined && own.group === group && own.unit.index === unit.index && own.policy === policy;
    return counts.taken(unit.index) - (isOwn ? 1 : 0);
  }

  /** Names of the unit's nodes, live. Empty for a policy that is gone. */
  nodesOf(policy: ResourcePolicy, unit: Unit): ReadonlySet<string> {
    return this.#policies.get(policyKey(policy))?.nodeSets[unit.index]?.names ?? NO_NODES;
  }

  /** Every group that some pod belongs to. */
  *groups(): Iterable<GroupCounts> {
    for (const state of this.#policies.values()) yield* state.groups.values();
  }

  /** Counts of a group; undefined when no pod belongs to it. */
  group(ref: GroupRef): GroupCounts | undefined {
    return this.#policies.get(ref.policyKey)?.groups.get(ref.group);
  }

  /** Pods of the group that wait for a place and hold no reservation, first seen first. */
  waiting(ref: GroupRef): readonly WaitingPod[] {
    const waiting: WaitingPod[] = [];
    for (const uid of this.group(ref)?.pending ?? []) {
      const entry = this.#pods.get(uid);
      if (entry !== undefined && !this.#reservations.has(uid)) {
        waiting.push({ pod: entry.pod, refusedMs: entry.refusedMs });
      }
    }
    return waiting;
  }

  /** A /filter of the pod was refused now; the watch may not have shown the pod yet. */
  noteRefused(uid: string): void {
    const entry = this.#pods.get(uid);
    const now = this.#options.clock.nowMs();
    if (entry !== undefined) entry.refusedMs = now;
    else if (!this.isRemoved(uid)) this.#refusedUnseen.set(uid, now);
  }

  // ── reservations ─────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Holds a place for the pod; one that it held in state `reserved` is given up for it.
   *
   * @throws {Error} when the unit is full, or the pod's Binding is under way: both are errors of the caller.
   */
  reserve(place: Place): void {
    const { pod, policy, group, unit } = place;
    const own = this.#reservations.get(pod.uid);
    if (own !== undefined && own.state !== 'reserved') throw new Error(`pod ${pod.uid} is being bound`);
    if (isFull(unit, this.taken(policy, group, unit, pod.uid)))
      throw new Error(`${unit.name} of ${group} is full`);
    this.#drop(pod.uid);
    const sinceMs = this.#options.clock.nowMs();
    this.#hold({ ...place, state: 'reserved', nodeName: undefined, open: 0, isDoubtful: false, sinceMs });
    this.#finish();
  }

  /** A Binding of a reserved pod to this node goes out; a repeated one to the same node. */
  startBind(uid: string, nodeName: string): void {
    const held = this.#reservations.get(uid);
    if (held === undefined) return;
    const state = held.state === 'landed' ? held.state : 'binding';
    this.#advance(held, { state, nodeName, open: held.open + 1 });
  }

  /** The API server confirmed a Binding. Nothing happens when the watch was faster. */
  bindLanded(uid: string): void {
    const held = this.#bindingOf(uid);
    if (held !== undefined) this.#advance(held, { state: 'landed', open: held.open - 1 });
  }

  /** A Binding's answer was lost. Nothing happens when the watch already showed the pod bound. */
  bindUnknown(uid: string): void {
    const held = this.#bindingOf(uid);
    if (held !== undefined) this.#answered({ ...held, isDoubtful: true });
  }

  /**
   * The API server refused a Binding.
   *
   * @param settlesAll no other Binding of the pod can land either: the pod is gone, or bound elsewhere.
   */
  bindRefused(uid: string, { settlesAll }: { settlesAll: boolean }): void {
    const held = this.#bindingOf(uid);
    if (held === undefined) return;
    if (settlesAll) this.forget(uid);
    else this.#answered(held);
  }

  /** Gives the place up, in any state: the caller knows that nothing was written nor will be. */
  forget(uid: string): void {
    this.#drop(uid);
    this.#finish();
  }

  /**
   * Gives up reservations that are older than their limit while the view has been fresh: the pod was neither bound
   * nor heard of again. A Binding under way never expires.
   *
   * @param limits.currentAtMs up to when all events of pods have surely been delivered, on the ledger's clock.
   * @returns the reservations given up.
   */
  expire(limits: { reservedMs: number; uncertainMs: number; currentAtMs: number }): readonly Reservation[] {
    const now = this.#options.clock.nowMs();
    const expired = [...this.#reservations.values()].filter((reservation) => {
      if (reservation.state === 'binding') return false;
      const limit = reservation.state === 'reserved' ? limits.reservedMs : limits.uncertainMs;
      return now - reservation.sinceMs >= limit && limits.currentAtMs >= reservation.sinceMs + limit / 2;
    });
    for (const reservation of expired) this.#drop(reservation.pod.uid);
    this.#finish();
    return expired;
  }

  /**
   * Recounts everything from the pods, nodes, policies and reservations held.
   *
   * @returns a line for each count that differed (none is expected, ever); the counts are right afterwards.
   */
  audit(): readonly string[] {
    const before = this.#countsByUnit();
    for (const namespace of this.#policiesByNamespace.keys()) this.#rebuild(namespace);
    this.#finish();
    const after = this.#countsByUnit();
    return [...new Set([...before.keys(), ...after.keys()])]
      .filter((key) => before.get(key) !== after.get(key))
      .map((key) => `${key}: counted ${before.get(key) ?? 'nothing'}, is ${after.get(key) ?? 'nothing'}`);
  }

  // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

  #track(pod: PodFacts, refusedMs: number | undefined): Entry {
    const entry: Entry = { pod, shares: NO_SHARES, refusedMs };
    this.#pods.set(pod.uid, entry);
    this.#podsByNamespace.add(pod.namespace, pod.uid);
    this.#podsByNode.add(pod.nodeName, pod.uid);
    return entry;
  }

  #nodesChanged(name: string, sets: readonly NodeSet[]): void {
    if (sets.length === 0) return;
    for (const uid of this.#podsByNode.get(name)) {
      const entry = this.#pods.get(uid);
      if (entry !== undefined) this.#recount(entry);
    }
    this.#finish();
    for (const state of this.#policies.values()) {
      if (state.nodeSets.some((set) => sets.includes(set) && set.names.has(name))) this.#announceAll(state);
    }
  }

  #setPolicy(namespace: string, key: string, policy: ResourcePolicy | undefined): void {
    this.#policyEpoch += 1;
    for (const unit of this.#policies.get(key)?.policy.units ?? []) this.#nodes.release(unit);
    if (policy === undefined) this.#policies.delete(key);
    else {
      const nodeSets = policy.units.map((unit) => this.#nodes.acquire(unit));
      this.#policies.set(key, { policy, nodeSets, groups: new Map() });
    }
    const states = [...this.#policies.values()].filter((state) => state.policy.namespace === namespace);
    if (states.length === 0) this.#policiesByNamespace.delete(namespace);
    else this.#policiesByNamespace.set(namespace, states);
    this.#rebuild(namespace);
    this.#touched.clear();
    for (const state of states) this.#announceAll(state);
  }

  /**
   * Counts a namespace from scratch under its policies of now; reservations follow their unit by name. A Binding under
   * way outlives its policy, uncounted: one replaced by another of its name counts it again.
   */
  #rebuild(namespace: string): void {
    for (const state of this.#policiesByNamespace.get(namespace) ?? []) state.groups.clear();
    for (const uid of this.#podsByNamespace.get(namespace)) {
      const entry = this.#pods.get(uid);
      if (entry === undefined) continue;
      entry.shares = NO_SHARES;
      this.#setShares(entry, this.#sharesOf(entry.pod));
    }
    const held = [...this.#reservations.values()].filter(({ pod }) => pod.namespace === namespace);
    for (const reservation of held) this.#reservations.delete(reservation.pod.uid);
    for (const reservation of held) {
      const moved = this.#underPolicyOfNow(reservation);
      if (moved !== undefined) this.#hold(moved);
      else if (reservation.state !== 'reserved') {
        this.#reservations.set(reservation.pod.uid, reservation);
        this.#adrift.add(reservation.pod.uid);
      }
    }
  }

  /**
   * The reservation in terms of the policy as it stands now; undefined when the pod is no longer the policy's, or its
   * unit is gone and nothing was written: /bind then decides anew. A Binding under way goes with its node instead.
   */
  #underPolicyOfNow(reservation: Reservation): Reservation | undefined {
    const state = this.#policies.get(policyKey(reservation.policy));
    if (state === undefined || !selects(state.policy, reservation.pod.labels)) return undefined;
    const { policy } = state;
    const grouping = groupOf(policy, reservation.pod.labels);
    const unit =
      policy.units.find(({ name }) => name === reservation.unit.name) ??
      policy.units[this.#firstUnitWith(reservation.nodeName, state)];
    if (unit === undefined || grouping.kind !== 'group') return undefined;
    return { ...reservation, policy, unit, group: grouping.group };
  }

  #recount(entry: Entry): void {
    const shares = this.#sharesOf(entry.pod);
    if (!sameShares(entry.shares, shares)) this.#setShares(entry, shares);
  }

  /** A bound pod counts with every policy that selects it; a waiting one waits with its one policy. */
  #sharesOf(pod: PodFacts): readonly Share[] {
    const states = this.#policiesByNamespace.get(pod.namespace);
    if (states === undefined || pod.finished) return NO_SHARES;
    const selecting = states.filter((state) => selects(state.policy, pod.labels));
    if (selecting.length === 0) return NO_SHARES;
    if (pod.nodeName === undefined && (selecting.length > 1 || pod.terminating)) return NO_SHARES;
    const shares: Share[] = [];
    for (const state of selecting) {
      const share = this.#shareOf(pod, state);
      if (share !== undefined) shares.push(share);
    }
    return shares;
  }

  #shareOf(pod: PodFacts, state: PolicyState): Share | undefined {
    const grouping = groupOf(state.policy, pod.labels);
    if (grouping.kind !== 'group') return undefined;
    if (pod.nodeName === undefined) return { group: this.#group(state, grouping.group), unit: -1 };
    if (isIgnored(pod, state.policy)) return undefined;
    const unit = this.#unitOfBound(pod, pod.nodeName, state);
    return unit === undefined ? undefined : { group: this.#group(state, grouping.group), unit };
  }

  /**
   * The first unit that holds the pod's node, except that among several the one recorded at binding goes first.
   * The record alone tells when the node is gone.
   */
  #unitOfBound(pod: PodFacts, nodeName: string, state: PolicyState): number | undefined {
    const recorded =
      pod.recordedPolicy === state.policy.name
        ? state.policy.units.find(({ name }) => name === pod.recordedUnit)?.index
        : undefined;
    if (!this.#nodes.has(nodeName)) return recorded;
    if (recorded !== undefined && state.nodeSets[recorded]?.names.has(nodeName)) return recorded;
    const first = this.#firstUnitWith(nodeName, state);
    return first === -1 ? undefined : first;
  }

  /** Index of the first unit that holds the node; -1 when none does. */
  #firstUnitWith(nodeName: string | undefined, state: PolicyState): number {
    return nodeName === undefined ? -1 : state.nodeSets.findIndex((set) => set.names.has(nodeName));
  }

  #group(state: PolicyState, key: GroupKey): GroupCounts {
    let group = state.groups.get(key);
    if (group === undefined) {
      group = new GroupCounts(state.policy, key);
      state.groups.set(key, group);
    }
    return group;
  }

  #setShares(entry: Entry, shares: readonly Share[]): void {
    for (const share of entry.shares) {
      this.#touch(share.group);
      if (share.unit === -1) share.group.pending.delete(entry.pod.uid);
      else add(share.group.bound, share.unit, -1);
    }
    for (const share of shares) {
      this.#touch(share.group);
      if (share.unit === -1) share.group.pending.add(entry.pod.uid);
      else add(share.group.bound, share.unit, 1);
    }
    entry.shares = shares;
  }

  /** What a watch event of the pod means for its reservation. */
  #settle(pod: PodFacts): void {
    const reservation = this.#reservations.get(pod.uid);
    if (reservation === undefined) return;
    const isOver =
      pod.nodeName !== undefined ||
      pod.finished ||
      (reservation.state === 'reserved' && (pod.terminating || this.#isTakenBack(reservation, pod)));
    if (isOver) this.#drop(pod.uid);
  }

  /** kube-scheduler reported the pod unschedulable after it passed our filter, or the pod's labels moved it away. */
  #isTakenBack(reservation: Reservation, pod: PodFacts): boolean {
    const isReported =
      this.#options.checksAtBind &&
      pod.unschedulable !== undefined &&
      pod.unschedulable !== reservation.pod.unschedulable &&
      pod.resourceVersion !== reservation.pod.resourceVersion;
    if (isReported) return true;
    const grouping = groupOf(reservation.policy, pod.labels);
    return (
      !selects(reservation.policy, pod.labels) ||
      grouping.kind !== 'group' ||
      grouping.group !== reservation.group
    );
  }

  #hold(reservation: Reservation): void {
    const state = this.#policies.get(policyKey(reservation.policy));
    if (state === undefined) throw new Error(`policy ${policyKey(reservation.policy)} is gone`);
    const group = this.#group(state, reservation.group);
    this.#touch(group);
    add(group.reserved, reservation.unit.index, 1);
    this.#reservations.set(reservation.pod.uid, reservation);
    this.#adrift.delete(reservation.pod.uid);
  }

  #drop(uid: string): void {
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined) return;
    this.#reservations.delete(uid);
    if (this.#adrift.delete(uid)) return;
    const group = this.#policies.get(policyKey(reservation.policy))?.groups.get(reservation.group);
    if (group === undefined) return;
    this.#touch(group);
    add(group.reserved, reservation.unit.index, -1);
  }

  #bindingOf(uid: string): Reservation | undefined {
    const held = this.#reservations.get(uid);
    return held?.state === 'reserved' ? undefined : held;
  }

  /** One Binding less is open, and it did not land for sure: the place is free only if no other one can. */
  #answered(held: Reservation): void {
    const open = held.open - 1;
    if (held.state === 'landed' || open > 0) this.#advance(held, { open });
    else if (held.isDoubtful) this.#advance(held, { open, state: 'uncertain' });
    else this.forget(held.pod.uid);
  }

  #advance(held: Reservation, change: Partial<Reservation>): void {
    this.#reservations.set(held.pod.uid, { ...held, ...change, sinceMs: this.#options.clock.nowMs() });
  }

  #touch(group: GroupCounts): void {
    if (!this.#touched.has(group)) {
      this.#touched.set(
        group,
        group.policy.units.map((unit) => group.taken(unit.index)),
      );
    }
  }

  /** Ends an operation: tells of the groups that gained room, forgets those that are empty. */
  #finish(): void {
    if (this.#touched.size === 0) return;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const [group, before] of touched) {
      if (group.isEmpty) this.#policies.get(policyKey(group.policy))?.groups.delete(group.key);
      else if (before.some((taken, unit) => group.taken(unit) < taken)) this.#announce(group);
    }
  }

  #announce(group: GroupCounts): void {
    if (group.pending.size > 0)
      this.#options.onRoom({ policyKey: policyKey(group.policy), group: group.key });
  }

  #announceAll(state: PolicyState): void {
    for (const group of state.groups.values()) this.#announce(group);
  }

  #countsByUnit(): Map<string, string> {
    const counts = new Map<string, string>();
    for (const group of this.groups()) {
      for (const { index, name } of group.policy.units) {
        const key = `${policyKey(group.policy)} [${group.key}] ${name}`;
        counts.set(key, `${group.bound[index]} bound and ${group.reserved[index]} reserved`);
      }
    }
    return counts;
  }
}

/** ACK: terminating pods, and pods scheduled before the policy was created, do not count when the policy says so. */
function isIgnored(pod: PodFacts, policy: ResourcePolicy): boolean {
  if (pod.terminating && policy.ignoreTerminatingPod) return true;
  return policy.ignorePreviousPod && pod.scheduledMs !== undefined && pod.scheduledMs < policy.createdMs;
}

function add(counts: number[], index: number, difference: number): void {
  counts[index] = (counts[index] ?? 0) + difference;
}

function sameShares(a: readonly Share[], b: readonly Share[]): boolean {
  return (
    a.length === b.length && a.every((share, i) => share.group === b[i]?.group && share.unit === b[i].unit)
  );
}

const NO_NODES: ReadonlySet<string> = new Set();

/** UIDs by a key that may be absent. */
class Index {
  readonly #uids = new Map<string, Set<string>>();

  get(key: string): Iterable<string> {
    return this.#uids.get(key) ?? [];
  }

  add(key: string | undefined, uid: string): void {
    if (key === undefined) return;
    const uids = this.#uids.get(key);
    if (uids === undefined) this.#uids.set(key, new Set([uid]));
    else uids.add(uid);
  }

  remove(key: string | undefined, uid: string): void {
    if (key === undefined) return;
    const uids = this.#uids.get(key);
    if (uids?.delete(uid) === true && uids.size === 0) this.#uids.delete(key);
  }
}
