/**
 * The ledger: how many pods of each group count in each unit. It is a function of the pods, nodes and policies that
 * the watch delivered, plus reservations (reservations.ts); nothing else is state, so a restart rebuilds it from the API
 * server alone.
 * No I/O; the clock comes in. Every method is synchronous, and Node runs one at a time: that is the lock.
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
import { boundTo } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import { isLater } from '../facts/resource-version.ts';
import type { GroupKey } from '../policy/group.ts';
import { groupOf } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import { isRefusal } from '../placement/explain.ts';
import { unitsOpenTo } from '../placement/pin.ts';
import type { Marks } from '../placement/marks.ts';
import { costCorrection } from '../placement/scale-in.ts';
import type { Usage } from '../placement/usage.ts';
import { amountOf, fullness } from '../placement/usage.ts';
import type { PolicyFigures } from './census.ts';
import { figuresOf } from './census.ts';
import type { GroupCounts } from './group-counts.ts';
import type { NodeSet } from './node-sets.ts';
import { NodeSets } from './node-sets.ts';
import { NodeUse } from './node-use.ts';
import type { BoundShare, Share, WaitingShare } from './policy-state.ts';
import { applyShare, PolicyState } from './policy-state.ts';
import type { Place, Reservation, Reserved, UnderWay, VersionNamed } from './reservation.ts';
import type { Taken } from './reservations.ts';
import { Reservations } from './reservations.ts';
import { UidIndex } from './uid-index.ts';

/**
 * Longest time in which kube-scheduler prepares volumes and devices of a pod before it binds it (bindTimeoutSeconds of
 * VolumeBinding, by default). The pod is nominated for its node meanwhile, from Kubernetes 1.35 on.
 */
const PREPARED_MS = 600_000;
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
  readonly listener: LedgerListener;
}

/** Told after each change, when the counts are right again. */
export interface LedgerListener {
  /** A group with waiting pods has more room than before, or its pods may now go elsewhere. */
  room(group: GroupRef): void;
  /** No policy holds these waiting pods back, be it in kube-scheduler's queue or in the waiting room. */
  released(pods: readonly PodFacts[]): void;
  /** Some figure of the policy may have changed. */
  counted(policyKey: string): void;
  /** A bound pod does not carry the deletion cost of its unit; see {@link Ledger.costCorrection}. */
  miscosted(pod: PodFacts): void;
  /** The answer to the pod's Binding was lost. Any change of the pod tells whether it landed, or ends it. */
  doubtful(pod: PodFacts): void;
  /** Pods of the group are in the waiting room, and what it has taken or who waits before them has changed. */
  held(group: GroupRef): void;
}

/** Names a group for as long as it is talked about: its counts may be replaced in the meantime. */
export interface GroupRef {
  readonly policyKey: string;
  readonly group: GroupKey;
}

/** What is counted of a policy, live: the counts may change, and be replaced by others, whenever an event comes in. */
export interface Standing {
  readonly policy: ResourcePolicy;
  readonly groups: ReadonlyMap<GroupKey, GroupCounts>;
  /** By unit, in order. */
  readonly nodeSets: readonly { readonly names: ReadonlySet<string> }[];
  /** UIDs of waiting pods that other policies select too. */
  readonly conflicting: ReadonlySet<string>;
  /** UIDs of waiting pods that belong to no group, or whose policy is invalid. */
  readonly ungrouped: ReadonlySet<string>;
}

/** The same for the same group. */
export function groupRefKey({ policyKey: key, group }: GroupRef): string {
  return JSON.stringify([key, group]);
}

/** A pod that waits for a place in its group. */
export interface WaitingPod {
  readonly pod: PodFacts;
  /** When its last /filter was refused, on the ledger's clock; undefined: not since our start. */
  readonly refusedMs: number | undefined;
}

interface Entry {
  pod: PodFacts;
  shares: readonly Share[];
  refusal: Refusal | undefined;
}

/** The last /filter of the pod that was refused. */
interface Refusal {
  readonly sinceMs: number;
  /** Name of the unit in which the pod stays; undefined: in none. */
  readonly unit: string | undefined;
}

const NO_SHARES: readonly Share[] = [];

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #nodes: NodeSets;
  readonly #policies = new Map<string, PolicyState>();
  readonly #policiesByNamespace = new Map<string, PolicyState[]>();
  readonly #pods = new Map<string, Entry>();
  readonly #podsByNamespace = new UidIndex();
  readonly #podsByNode = new UidIndex();
  readonly #use = new NodeUse();
  /** UIDs of the pods in the waiting room, of any policy or none. */
  readonly #held = new Set<string>();
  /** Bound pods, finished ones left out, by priority. */
  readonly #boundByPriority = new Map<number, number>();
  readonly #reservations: Reservations;
  #policyEpoch = 0;
  readonly #removed = new LRUCache<string, true>({ max: REMEMBERED_REMOVALS });
  /** Last refusals of pods that the watch has not shown yet. */
  readonly #refusedUnseen = new LRUCache<string, Refusal>({ max: REMEMBERED_REFUSALS });
  /** Groups changed by the running operation, with their counts before it. */
  readonly #touched = new Map<GroupCounts, readonly number[]>();
  /** Policies changed by the running operation. */
  readonly #changed = new Set<PolicyState>();
  /** Units that a terminating pod left in the running operation. */
  readonly #vacated = new Map<PolicyState, Set<number>>();

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#nodes = new NodeSets(options.virtualNodes);
    this.#reservations = new Reservations({
      clock: options.clock,
      takenBy: (reservation) => this.#takenBy(reservation),
      touch: (group) => this.#touch(group),
    });
  }

  // ── what the watch sees ──────────────────────────────────────────────────────────────────────────────────────

  upsertPod(pod: PodFacts): void {
    const known = this.#pods.get(pod.uid);
    const entry = known ?? this.#track(pod);
    const { pod: podBefore, shares: sharesBefore } = entry;
    this.#reindex(podBefore, pod);
    entry.pod = pod;
    this.#recount(entry);
    if (pod.isInWaitingRoom) this.#held.add(pod.uid);
    else this.#held.delete(pod.uid);
    if (known === undefined) this.#holdNominated(entry);
    if (known === undefined || podBefore.isGated) this.#holdPinned(entry);
    const isVoid = this.#settle(podBefore, pod);
    this.#markRefused(entry);
    this.#finish();
    if (isVoid) this.#tellUnbound(pod.uid);
    this.#checkCost(entry);
    const isNew = known === undefined || entry.shares !== sharesBefore;
    const wasRefused =
      entry.refusal !== undefined || (known === undefined && isRefusal(pod.unschedulable ?? ''));
    // What happened between the refusal and now was told to nobody, as the pod, or its labels, had not been seen.
    if (wasRefused && (isNew || entry.shares.length === 0)) this.#tell(entry);
    if (isNew && pod.isInWaitingRoom && !pod.terminating && !entry.shares.some(isInLine))
      this.#release([entry]);
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
      this.#held.delete(pod.uid);
      this.#countPriority(entry.pod, -1);
      this.#use.count(entry.pod, -1);
    }
    this.#reservations.drop(pod.uid);
    this.#finish();
  }

  upsertNode(node: NodeFacts): void {
    const isNew = !this.#nodes.has(node.name);
    this.#nodeChanged(node.name, this.#nodes.upsert(node), isNew);
  }

  removeNode(node: NodeFacts): void {
    const isKnown = this.#nodes.has(node.name);
    this.#nodeChanged(node.name, this.#nodes.remove(node), isKnown);
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

  /** Whether the watch has shown that the pod will never be bound: it is removed, or was deleted or has ended unbound. */
  isOver(uid: string): boolean {
    const pod = this.pod(uid);
    const endsUnbound = pod?.nodeName === undefined && (pod?.terminating === true || pod?.finished === true);
    return endsUnbound || this.isRemoved(uid);
  }

  reservation(uid: string): Reservation | undefined {
    return this.#reservations.get(uid);
  }

  get reservationCount(): number {
    return this.#reservations.size;
  }

  /** Pods whose Bindings were sent and that are not yet seen bound, by node. */
  *underWay(): Iterable<{ readonly nodeName: string; readonly requests: Requests }> {
    for (const { nodeName, pod } of this.#reservations.all()) {
      if (nodeName !== undefined) yield { nodeName, requests: pod.requests };
    }
  }

  /** Bindings that were sent, and of which it is not known whether they landed. */
  get unsettledCount(): number {
    return this.#reservations.all().filter(({ state }) => state === 'binding' || state === 'uncertain')
      .length;
  }

  /** A node as the watch shows it; undefined: there is none of that name. */
  node(name: string): NodeFacts | undefined {
    return this.#nodes.get(name);
  }

  /** Summed requests of the pods that are bound to the node, `pods` being their number. */
  usedOn(nodeName: string): Requests {
    return this.#use.of(nodeName);
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

  /** What the group has taken of the unit, bound and reserved, the pod `except` left out. */
  usage(policy: ResourcePolicy, group: GroupKey, unit: Unit, except: string): Usage {
    const counts = this.#policies.get(policyKey(policy))?.groups.get(group);
    const own = this.#reservations
      .takenBy(except)
      .filter((taken) => taken.group === counts && taken.unit === unit.index)
      .map(({ requests }) => requests);
    return lessRequests(unit, counts?.usage(unit.index) ?? NO_USAGE, own);
  }

  /**
   * What the group would have taken of the unit, the pod `except` left out, were the victims not there.
   *
   * @param victims UIDs of bound pods; those that do not count in the unit change nothing.
   */
  usageWithout(place: Omit<Place, 'pod'>, except: string, victims: readonly string[]): Usage {
    const { policy, group, unit } = place;
    const freed = victims.flatMap((uid) => {
      const share = this.#countedShare(uid, policy, group);
      return share?.unit === unit.index ? [share.requests] : [];
    });
    return lessRequests(unit, this.usage(policy, group, unit, except), freed);
  }

  /** Whether a terminating pod of the policy is on the unit's nodes. */
  hasTerminating(policy: ResourcePolicy, unit: Unit): boolean {
    return (this.#policies.get(policyKey(policy))?.terminating[unit.index] ?? 0) > 0;
  }

  /**
   * Whether a pod of lower priority is on the unit's nodes.
   *
   * @param group only pods that count in the unit for this group; absent: any pod.
   */
  hasVictims(policy: ResourcePolicy, unit: Unit, priority: number, group?: GroupKey): boolean {
    // Clusters without priorities, the usual case, end here.
    if (!this.hasBoundBelow(priority)) return false;
    for (const nodeName of this.nodesOf(policy, unit)) {
      for (const uid of this.#podsByNode.get(nodeName)) {
        const pod = this.#pods.get(uid)?.pod;
        if (pod === undefined || pod.finished || pod.priority >= priority) continue;
        if (group === undefined || this.#countedShare(uid, policy, group)?.unit === unit.index) return true;
      }
    }
    return false;
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

  /** Pods of the group that wait, hold no reservation, and fit into what some unit has left; first seen first. */
  waiting(ref: GroupRef): readonly WaitingPod[] {
    const waiting: WaitingPod[] = [];
    const group = this.group(ref);
    for (const uid of group?.pending ?? []) {
      const entry = this.#pods.get(uid);
      if (entry === undefined || this.#reservations.get(uid) !== undefined) continue;
      if (group !== undefined && this.#fits(entry.pod, group)) {
        waiting.push({ pod: entry.pod, refusedMs: entry.refusal?.sinceMs });
      }
    }
    return waiting;
  }

  /** Pods of the waiting room that are there to stay; undefined: no policy keeps a place for the pod. */
  *heldPods(): Iterable<{ readonly pod: PodFacts; readonly group: GroupRef | undefined }> {
    for (const { pod, shares } of this.#stayingHeld()) {
      const share = shares.find(isInLine);
      yield { pod, group: share && refOf(share.group) };
    }
  }

  /** Pods of the group in the waiting room: older first, of the same second those first that were seen first. */
  held(ref: GroupRef): readonly PodFacts[] {
    const held = [...(this.group(ref)?.held ?? [])].flatMap((uid) => this.pod(uid) ?? []);
    return held.toSorted((a, b) => a.createdMs - b.createdMs);
  }

  /** UIDs of the pods of the group in kube-scheduler's queue that hold no place, by whether they were refused one. */
  queue(ref: GroupRef): { readonly hopeful: readonly string[]; readonly refused: readonly string[] } {
    const group = this.group(ref);
    const unplaced = [...(group?.pending ?? [])].filter((uid) => this.reservation(uid) === undefined);
    const isRefused = (uid: string): boolean => group?.refused.has(uid) === true;
    return { hopeful: unplaced.filter((uid) => !isRefused(uid)), refused: unplaced.filter(isRefused) };
  }

  /** Whether some pod of lower priority is bound, anywhere. */
  hasBoundBelow(priority: number): boolean {
    return [...this.#boundByPriority.keys()].some((other) => other < priority);
  }

  /**
   * A /filter of the pod was refused now; the watch may not have shown the pod yet.
   *
   * @param unit in which the pod stays for the time being; undefined: in none.
   */
  noteRefused(uid: string, unit?: Unit): void {
    const entry = this.#pods.get(uid);
    const refusal = { sinceMs: this.#options.clock.nowMs(), unit: unit?.name };
    if (entry === undefined) {
      if (!this.isRemoved(uid)) this.#refusedUnseen.set(uid, refusal);
      return;
    }
    const isNews = entry.refusal?.unit !== refusal.unit;
    entry.refusal = refusal;
    this.#markRefused(entry);
    this.#finish();
    if (isNews) for (const { state } of entry.shares) this.#options.listener.counted(policyKey(state.policy));
  }

  /** For who counts a little at a time; {@link figures} counts at once. Undefined when there is no such policy. */
  standing(key: string): Standing | undefined {
    return this.#policies.get(key);
  }

  /** Name of the unit in which a waiting pod stays, as the last /filter found; undefined: in none. */
  waitingUnit(uid: string): string | undefined {
    return this.#pods.get(uid)?.refusal?.unit;
  }

  /** Figures of a policy with its largest groups; undefined when there is no such policy. */
  figures(key: string, mostGroups: number): PolicyFigures | undefined {
    const state = this.#policies.get(key);
    if (state === undefined) return undefined;
    return figuresOf(state, {
      mostGroups,
      pod: (uid) => this.#pods.get(uid)?.pod,
      holdsPlace: (uid) => this.reservation(uid) !== undefined,
      waitingUnit: (uid) => this.waitingUnit(uid),
      policies: this.policiesOf(state.policy.namespace),
    });
  }

  /**
   * The annotations that give a bound pod the deletion cost of its unit, null to remove one; undefined when nothing is
   * to be written: it has it, or somebody else's, or the pod is leaving, or several policies or a broken one select it.
   */
  costCorrection(uid: string): Readonly<Record<string, string | null>> | undefined {
    const entry = this.#pods.get(uid);
    if (entry === undefined) return undefined;
    const { pod, shares } = entry;
    if (pod.nodeName === undefined || pod.finished || pod.terminating || shares.length > 1) return undefined;
    const [share] = shares;
    // What a broken policy selects, and its units, are not what their author meant.
    if (share !== undefined && share.state.policy.problems.length > 0) return undefined;
    const unit = share?.kind === 'bound' ? share.state.policy.units[share.unit ?? -1] : undefined;
    return costCorrection(pod, unit);
  }

  /** Bound pods that do not carry the deletion cost of their unit. */
  *miscosted(): Iterable<PodFacts> {
    for (const { pod } of this.#pods.values()) if (this.costCorrection(pod.uid) !== undefined) yield pod;
  }

  // ── reservations ─────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Holds a place for the pod; one that it held in state `reserved` is given up for it.
   *
   * @param isAhead the place is one that victims of a preemption will free: the unit may still be full. /bind checks.
   * @throws {Error} when the unit is full, or the pod's Binding is under way: both are errors of the caller.
   */
  reserve(place: Place, { isAhead = false }: { isAhead?: boolean } = {}): void {
    const { pod, policy, group, unit } = place;
    const own = this.#reservations.get(pod.uid);
    if (own !== undefined && own.state !== 'reserved') throw new Error(`pod ${pod.uid} is being bound`);
    const full = fullness(unit, this.usage(policy, group, unit, pod.uid), pod.requests);
    if (full !== undefined && !isAhead) throw new Error(`${unit.name} of ${group} is full`);
    this.#reservations.reserve(place, { isAhead });
    this.#finish();
  }

  /**
   * A Binding of the pod to this node goes out, a first or a repeated one. A pod that no policy selects needs no
   * reservation; its Binding counts from the moment one does.
   *
   * @returns what the Binding is to carry; undefined: nothing, no policy placed the pod.
   */
  startBind(pod: PodFacts, nodeName: string): Marks | undefined {
    const marks = this.#reservations.start(pod, nodeName);
    this.#finish();
    return marks;
  }

  /** The API server confirmed a Binding. Nothing happens when the watch was faster. */
  bindLanded(uid: string): void {
    this.#reservations.landed(uid);
  }

  /**
   * A Binding's answer was lost. Nothing happens when the watch already showed the pod bound.
   *
   * @param named absent: it named the version that it was started with, or none.
   */
  bindUnknown(uid: string, named?: VersionNamed): void {
    this.#reservations.unknown(uid, named);
    const held = this.#reservations.get(uid);
    if (held?.state === 'uncertain') this.#options.listener.doubtful(held.pod);
  }

  /**
   * The API server refused a Binding.
   *
   * @param settlesAll no other Binding of the pod can land either: the pod is gone, or bound elsewhere.
   */
  bindRefused(uid: string, settled: { settlesAll: boolean }): void {
    this.#reservations.refused(uid, settled);
    const held = this.#reservations.get(uid);
    if (held?.state === 'uncertain') this.#options.listener.doubtful(held.pod);
    this.#finish();
    this.#tellUnbound(uid);
  }

  /** Gives the place up, in any state: the caller knows that nothing was written nor will be. */
  forget(uid: string): void {
    this.#reservations.drop(uid);
    this.#finish();
  }

  /**
   * Whether kube-scheduler has nominated the pod for a node of its reservation's unit: victims are leaving for it.
   *
   * @param pod as the caller knows it; the watch may show the nomination earlier or later.
   */
  isNominated(pod: PodFacts): boolean {
    const reservation = this.#reservations.get(pod.uid);
    if (reservation?.state !== 'reserved') return false;
    return this.#isNominatedFor(reservation, pod) || this.#isSeenNominated(reservation);
  }

  /** The same, for a place that was held ahead, or while pods that it may evict are leaving: /filter has not given it yet. */
  isAwaited(pod: PodFacts): boolean {
    const held = this.#reservations.get(pod.uid);
    return this.isNominated(pod) && held?.state === 'reserved' && (held.isAhead || this.isFreeing(pod));
  }

  /** Whether pods that this one may evict are leaving the node that it is nominated for. */
  isFreeing({ nominatedNode, priority }: PodFacts): boolean {
    if (nominatedNode === undefined || !this.hasBoundBelow(priority)) return false;
    return [...this.#podsByNode.get(nominatedNode)].some((uid) => {
      const other = this.pod(uid);
      return other?.terminating === true && !other.finished && other.priority < priority;
    });
  }

  /**
   * Gives up reservations that are older than their limit while the view has been fresh: the pod was neither bound
   * nor heard of again. A Binding under way never expires, nor a place that victims of a preemption are leaving: its time
   * begins when they are gone. kube-scheduler does not take every nomination back that comes to nothing; but a pod that passed
   * /filter is nominated while its volumes are prepared, which takes ten minutes at most.
   *
   * @param limits.currentAtMs up to when all events of pods have surely been delivered, on the ledger's clock.
   * @returns the reservations given up.
   */
  expire(limits: { reservedMs: number; uncertainMs: number; currentAtMs: number }): readonly Reservation[] {
    const now = this.#options.clock.nowMs();
    const expired = this.#reservations.all().filter((reservation) => {
      if (reservation.state === 'binding') return false;
      if (reservation.state === 'reserved' && this.#isSeenPinned(reservation)) return false;
      const isNominated = reservation.state === 'reserved' && this.#isSeenNominated(reservation);
      if (isNominated && this.#isBeingFreed(reservation)) {
        this.#reservations.renew(reservation);
        return false;
      }
      if (isNominated && this.#isPrepared(reservation) && now - reservation.sinceMs < PREPARED_MS)
        return false;
      const limit = reservation.state === 'reserved' ? limits.reservedMs : limits.uncertainMs;
      return now - reservation.sinceMs >= limit && limits.currentAtMs >= reservation.sinceMs + limit / 2;
    });
    for (const reservation of expired) this.#reservations.drop(reservation.pod.uid);
    this.#finish();
    for (const { pod } of expired) this.#tellUnbound(pod.uid);
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

  #track(pod: PodFacts): Entry {
    const entry: Entry = { pod, shares: NO_SHARES, refusal: this.#refusedUnseen.get(pod.uid) };
    this.#refusedUnseen.delete(pod.uid);
    this.#pods.set(pod.uid, entry);
    this.#podsByNamespace.add(pod.namespace, pod.uid);
    this.#podsByNode.add(pod.nodeName, pod.uid);
    this.#countPriority(pod, 1);
    this.#use.count(pod, 1);
    return entry;
  }

  /** A pod that was refused while its Binding was under way may be tried again when none is. */
  #tellUnbound(uid: string): void {
    const entry = this.#pods.get(uid);
    if (entry === undefined || this.#reservations.get(uid) !== undefined) return;
    if (entry.refusal !== undefined || isRefusal(entry.pod.unschedulable ?? '')) this.#tell(entry);
  }

  /** The pod may go now, as far as counts are concerned. */
  #tell(entry: Entry): void {
    for (const share of entry.shares) {
      if (share.kind === 'waiting' && share.group.room() > 0) this.#announce(share.group);
    }
    const { nodeName, terminating, finished } = entry.pod;
    const isWaiting = nodeName === undefined && !terminating && !finished;
    if (isWaiting && entry.shares.length === 0) this.#release([entry]);
  }

  /** What refused them concerns them no more; those with a gate are told when the watch shows them without it. */
  #release(entries: readonly Entry[]): void {
    for (const entry of entries) if (!entry.pod.isGated) entry.refusal = undefined;
    if (entries.length > 0) this.#options.listener.released(entries.map(({ pod }) => pod));
  }

  /**
   * Victims may be leaving for a pod that was nominated before our start: others must not take what they free. Where none
   * are, as when only a node was to be looked at, the place expires.
   */
  #holdNominated({ pod, shares }: Entry): void {
    const [share] = shares;
    if (share?.kind !== 'waiting' || this.#reservations.get(pod.uid) !== undefined) return;
    const { policy } = share.state;
    const unit = unitsOpenTo(pod, policy).find(({ index }) => share.state.holds(index, pod.nominatedNode));
    if (unit === undefined) return;
    this.#reservations.reserve({ pod, policy, group: share.group.key, unit }, { isAhead: true });
  }

  /**
   * Its unit was chosen when it was created, or let out of the waiting room, and the place is its own from then on. Not if
   * it was refused meanwhile: kube-scheduler may have put it aside, and only who holds no place is woken.
   */
  #holdPinned({ pod, shares, refusal }: Entry): void {
    const [share] = shares;
    if (pod.pinnedUnit === undefined || share?.kind !== 'waiting' || share.line !== 'pending') return;
    if (refusal !== undefined || pod.unschedulable !== undefined) return;
    if (this.#reservations.get(pod.uid) !== undefined) return;
    const { policy } = share.state;
    const unit = policy.units.find(({ name }) => name === pod.pinnedUnit);
    if (unit === undefined || fullness(unit, share.group.usage(unit.index), pod.requests) !== undefined)
      return;
    this.#reservations.reserve({ pod, policy, group: share.group.key, unit }, { isAhead: false });
  }

  #fits(pod: PodFacts, group: GroupCounts): boolean {
    return unitsOpenTo(pod, group.policy).some(
      (unit) => fullness(unit, group.usage(unit.index), pod.requests) === undefined,
    );
  }

  #markRefused({ pod, shares, refusal }: Entry): void {
    if (refusal === undefined && pod.unschedulable === undefined) return;
    for (const share of shares) {
      if (share.kind !== 'waiting' || share.line !== 'pending' || share.group.refused.has(pod.uid)) continue;
      // It is no longer about to take a place, which those in the waiting room are kept from.
      if (share.group.held.size > 0) this.#touch(share.group);
      share.group.refused.add(pod.uid);
    }
  }

  #reindex(before: PodFacts, after: PodFacts): void {
    if (before.nodeName !== after.nodeName) {
      this.#podsByNode.remove(before.nodeName, before.uid);
      this.#podsByNode.add(after.nodeName, after.uid);
    }
    this.#countPriority(before, -1);
    this.#countPriority(after, 1);
    this.#use.count(before, -1);
    this.#use.count(after, 1);
  }

  #countPriority({ nodeName, finished, priority }: PodFacts, difference: 1 | -1): void {
    if (nodeName === undefined || finished) return;
    const count = (this.#boundByPriority.get(priority) ?? 0) + difference;
    if (count === 0) this.#boundByPriority.delete(priority);
    else this.#boundByPriority.set(priority, count);
  }

  #checkCost({ pod }: Entry): void {
    if (this.costCorrection(pod.uid) !== undefined) this.#options.listener.miscosted(pod);
  }

  /** @param comesOrGoes then records of pods on it are believed no more, or again. */
  #nodeChanged(name: string, sets: readonly NodeSet[], comesOrGoes: boolean): void {
    if (sets.length === 0 && !comesOrGoes) return;
    const entries = [...this.#podsByNode.get(name)].flatMap((uid) => this.#pods.get(uid) ?? []);
    for (const entry of entries) this.#recount(entry);
    for (const reservation of this.#reservations.all()) {
      const targets = reservation.state === 'reserved' ? [] : reservation.targets;
      if (targets.some(({ nodeName }) => nodeName === name)) this.#reservations.recount(reservation);
    }
    this.#finish();
    for (const entry of entries) this.#checkCost(entry);
    for (const state of this.#policies.values()) {
      if (!state.nodeSets.some((set) => sets.includes(set))) continue;
      this.#options.listener.counted(policyKey(state.policy));
      if (state.nodeSets.some((set) => sets.includes(set) && set.names.has(name))) this.#announceAll(state);
    }
  }

  #setPolicy(namespace: string, key: string, policy: ResourcePolicy | undefined): void {
    this.#policyEpoch += 1;
    const heldBack = [
      ...this.#heldBackBy(this.#policies.get(key)),
      ...this.#stayingHeld().filter(({ pod }) => pod.namespace === namespace),
    ];
    for (const unit of this.#policies.get(key)?.policy.units ?? []) this.#nodes.release(unit);
    if (policy === undefined) this.#policies.delete(key);
    else {
      const nodeSets = policy.units.map((unit) => this.#nodes.acquire(unit));
      this.#policies.set(key, new PolicyState(policy, nodeSets));
    }
    const states = [...this.#policies.values()].filter((state) => state.policy.namespace === namespace);
    if (states.length === 0) this.#policiesByNamespace.delete(namespace);
    else this.#policiesByNamespace.set(namespace, states);
    this.#rebuild(namespace);
    this.#touched.clear();
    this.#changed.clear();
    this.#vacated.clear();
    for (const state of states) {
      this.#options.listener.counted(policyKey(state.policy));
      this.#announceAll(state);
    }
    this.#release(heldBack.filter(isLetGo));
    for (const uid of this.#podsByNamespace.get(namespace)) {
      const entry = this.#pods.get(uid);
      if (entry !== undefined) this.#checkCost(entry);
    }
  }

  /** Waiting pods that the policy selects, those of the waiting room apart. */
  #heldBackBy(state: PolicyState | undefined): readonly Entry[] {
    if (state === undefined) return [];
    const pending = [...state.groups.values()].flatMap((group) => [...group.pending]);
    return [...pending, ...state.conflicting, ...state.ungrouped]
      .flatMap((uid) => this.#pods.get(uid) ?? [])
      .filter(({ pod }) => !pod.isInWaitingRoom);
  }

  /** Pods of the waiting room, those apart that are leaving for good. */
  #stayingHeld(): readonly Entry[] {
    return [...this.#held]
      .flatMap((uid) => this.#pods.get(uid) ?? [])
      .filter(({ pod }) => !pod.terminating && !pod.finished);
  }

  /**
   * Counts a namespace from scratch under its policies of now; reservations follow their unit by name, Bindings under
   * way their node.
   */
  #rebuild(namespace: string): void {
    for (const state of this.#policiesByNamespace.get(namespace) ?? []) state.clear();
    for (const uid of this.#podsByNamespace.get(namespace)) {
      const entry = this.#pods.get(uid);
      if (entry === undefined) continue;
      entry.shares = NO_SHARES;
      this.#setShares(entry, this.#sharesOf(entry.pod));
      this.#markRefused(entry);
    }
    this.#reservations.recountAll(namespace, (reserved) => this.#underPolicyOfNow(reserved));
  }

  /** The place in terms of the policy as it stands now; undefined when unit or pod are no longer the policy's. */
  #underPolicyOfNow(reserved: Reserved): Reserved | undefined {
    const state = this.#policies.get(policyKey(reserved.policy));
    if (state === undefined || !selects(state.policy, reserved.pod.labels)) return undefined;
    const { policy } = state;
    const grouping = groupOf(policy, reserved.pod.labels);
    const unit = unitsOpenTo(reserved.pod, policy).find(({ name }) => name === reserved.unit.name);
    if (unit === undefined || grouping.kind !== 'group') return undefined;
    return { ...reserved, policy, unit, group: grouping.group };
  }

  #takenBy(reservation: Reservation): readonly Taken[] {
    if (reservation.state !== 'reserved') return this.#takenOnceLanded(reservation);
    const { policy, group, unit, pod } = reservation;
    const state = this.#policies.get(policyKey(policy));
    if (state === undefined) throw new Error(`policy ${policyKey(policy)} is gone`);
    return [{ group: state.group(group), unit: unit.index, requests: pod.requests }];
  }

  /** Of several Bindings one will land, and it is not known which: each unit counts. */
  #takenOnceLanded({ pod, targets }: UnderWay): readonly Taken[] {
    const taken: Taken[] = [];
    for (const { nodeName, marks } of targets) {
      for (const share of this.#sharesOf(boundTo(pod, nodeName, marks ?? NO_MARKS))) {
        if (share.kind !== 'bound' || share.group === undefined || share.unit === undefined) continue;
        const { group, unit, requests } = share;
        if (!taken.some((other) => other.group === group && other.unit === unit))
          taken.push({ group, unit, requests });
      }
    }
    return taken;
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
    const { nodeName } = pod;
    if (nodeName !== undefined) {
      const isNodeKnown = this.#nodes.has(nodeName);
      return selecting.map((state) => state.shareOfBound(pod, nodeName, isNodeKnown));
    }
    if (pod.terminating) return NO_SHARES;
    if (selecting.length > 1) return selecting.map((state) => ({ kind: 'conflicting', state }));
    return selecting.map((state) => state.shareOfWaiting(pod));
  }

  /** What a bound pod adds to the group's counts; undefined: nothing. */
  #countedShare(uid: string, policy: ResourcePolicy, group: GroupKey): BoundShare | undefined {
    return this.#pods
      .get(uid)
      ?.shares.find(
        (share): share is BoundShare =>
          share.kind === 'bound' && share.state.policy === policy && share.group?.key === group,
      );
  }

  #setShares(entry: Entry, shares: readonly Share[]): void {
    for (const share of [...entry.shares, ...shares]) {
      this.#changed.add(share.state);
      if (share.kind === 'waiting' || share.kind === 'bound') this.#touch(share.group);
    }
    for (const share of entry.shares) {
      applyShare(share, entry.pod.uid, -1);
      if (share.kind === 'bound' && share.isTerminating) this.#vacate(share);
    }
    for (const share of shares) applyShare(share, entry.pod.uid, 1);
    entry.shares = shares;
  }

  #vacate({ state, unit }: BoundShare): void {
    if (unit === undefined) return;
    const units = this.#vacated.get(state) ?? new Set();
    this.#vacated.set(state, units.add(unit));
  }

  /** What a watch event of the pod means for its reservation. @returns whether it shows that no Binding of it can land. */
  #settle(before: PodFacts, pod: PodFacts): boolean {
    const reservation = this.#reservations.get(pod.uid);
    if (reservation === undefined) return false;
    const isVoid = reservation.state === 'uncertain' && isVoidFor(reservation, pod);
    const isOver =
      isVoid ||
      pod.nodeName !== undefined ||
      pod.finished ||
      (reservation.state === 'reserved' && (pod.terminating || this.#isTakenBack(reservation, before, pod)));
    if (isOver) this.#reservations.drop(pod.uid);
    else if (reservation.state !== 'reserved') this.#reservations.recount({ ...reservation, pod });
    return isVoid;
  }

  /**
   * kube-scheduler reported the pod unschedulable after it passed our filter, or took its nomination back, or the pod's
   * labels moved it away.
   */
  #isTakenBack(reservation: Reserved, before: PodFacts, pod: PodFacts): boolean {
    const isReported = pod.unschedulable !== undefined && pod.unschedulable !== reservation.pod.unschedulable;
    const isGivenUp =
      this.#options.checksAtBind &&
      !this.#isNominatedFor(reservation, pod) &&
      (isReported || this.#isNominatedFor(reservation, before)) &&
      // What kube-scheduler knew when it called is no news, however late the watch shows it.
      isLater(pod.resourceVersion, reservation.pod.resourceVersion);
    if (isGivenUp) return true;
    const grouping = groupOf(reservation.policy, pod.labels);
    return (
      !selects(reservation.policy, pod.labels) ||
      grouping.kind !== 'group' ||
      grouping.group !== reservation.group
    );
  }

  /** As the watch shows the pod; one that it does not show may have gone unseen. */
  #isSeenNominated(reservation: Reserved): boolean {
    const seen = this.#pods.get(reservation.pod.uid)?.pod;
    return seen !== undefined && this.#isNominatedFor(reservation, seen);
  }

  /**
   * Whether the nomination may be for a place that /filter gave: kube-scheduler has not reported the pod since. A place held
   * since our start may be such a one; where /bind is not ours, nobody would check it again.
   */
  #isPrepared({ pod, isAhead }: Reserved): boolean {
    const isReported = this.pod(pod.uid)?.unschedulable !== pod.unschedulable;
    return !isReported && (!isAhead || !this.#options.checksAtBind);
  }

  #isBeingFreed({ pod: { uid } }: Reserved): boolean {
    const seen = this.pod(uid);
    return seen !== undefined && this.isFreeing(seen);
  }

  /** A pod that is seen pinned, and that nobody reported unschedulable since, is in kube-scheduler's queue. */
  #isSeenPinned({ pod: { uid }, unit }: Reserved): boolean {
    const seen = this.pod(uid);
    return seen?.pinnedUnit === unit.name && seen.unschedulable === undefined;
  }

  #isNominatedFor({ policy, unit }: Reserved, { nominatedNode }: PodFacts): boolean {
    return nominatedNode !== undefined && this.nodesOf(policy, unit).has(nominatedNode);
  }

  #touch(group: GroupCounts | undefined): void {
    if (group !== undefined && !this.#touched.has(group)) this.#touched.set(group, group.snapshot());
  }

  /** Ends an operation: tells of what changed and of the groups that gained room, forgets those that are empty. */
  #finish(): void {
    if (this.#touched.size === 0 && this.#changed.size === 0) return;
    const touched = [...this.#touched];
    const vacated = [...this.#vacated];
    const keys = new Set([...this.#changed].map(({ policy }) => policyKey(policy)));
    this.#touched.clear();
    this.#changed.clear();
    this.#vacated.clear();
    for (const [group, before] of touched) {
      keys.add(policyKey(group.policy));
      this.#announceHeld(group);
      if (group.isEmpty) this.#policies.get(policyKey(group.policy))?.groups.delete(group.key);
      else if (group.snapshot().some((taken, index) => taken < (before[index] ?? 0))) this.#announce(group);
    }
    for (const [state, units] of vacated) {
      const isVacant = [...units].some((unit) => state.terminating[unit] === 0);
      if (isVacant && state.policy.tryNext === 'LackResourceAndNoTerminating') this.#announceAll(state);
    }
    for (const key of keys) this.#options.listener.counted(key);
  }

  #announce(group: GroupCounts): void {
    if (group.pending.size > 0) this.#options.listener.room(refOf(group));
  }

  #announceHeld(group: GroupCounts): void {
    if (group.held.size > 0) this.#options.listener.held(refOf(group));
  }

  #announceAll(state: PolicyState): void {
    for (const group of state.groups.values()) {
      this.#announce(group);
      this.#announceHeld(group);
    }
  }

  #countsByUnit(): Map<string, string> {
    const counts = new Map<string, string>();
    for (const group of this.groups()) {
      for (const { index, name } of group.policy.units) {
        const key = `${policyKey(group.policy)} [${group.key}] ${name}`;
        const { pods, amounts } = group.usage(index);
        counts.set(key, `${pods} (${group.reserved[index]} reserved) of ${amounts.join(', ')}`);
      }
    }
    return counts;
  }
}

/** The usage less what pods of these requests have in it. */
function lessRequests(unit: Unit, usage: Usage, requests: readonly Requests[]): Usage {
  if (requests.length === 0) return usage;
  const freed = (resource: string): number =>
    requests.reduce((sum, each) => sum + amountOf(each, resource), 0);
  return {
    pods: usage.pods - requests.length,
    amounts: unit.maxResources.map(({ resource }, index) => (usage.amounts[index] ?? 0) - freed(resource)),
  };
}

function refOf(group: GroupCounts): GroupRef {
  return { policyKey: policyKey(group.policy), group: group.key };
}

/** Whether the pod, seen unbound, has changed since every Binding of it: each named the version that it was sent for. */
function isVoidFor({ targets }: UnderWay, pod: PodFacts): boolean {
  if (pod.nodeName !== undefined) return false;
  return targets.every(({ version }) => version !== undefined && isLater(pod.resourceVersion, version));
}

function isInLine(share: Share): share is WaitingShare {
  return share.kind === 'waiting';
}

/** Whether no policy holds the pod back any more: of the waiting room, none that keeps a place for it. */
function isLetGo({ pod, shares }: Entry): boolean {
  return pod.isInWaitingRoom ? !shares.some(isInLine) : shares.length === 0;
}

function sameShares(a: readonly Share[], b: readonly Share[]): boolean {
  return a.length === b.length && a.every((share, index) => sameShare(share, b[index]));
}

function sameShare(a: Share, b: Share | undefined): boolean {
  if (a.kind !== b?.kind || a.state !== b.state) return false;
  if (a.kind === 'waiting' && b.kind === 'waiting') return a.group === b.group && a.line === b.line;
  if (a.kind !== 'bound' || b.kind !== 'bound') return true;
  return (
    a.unit === b.unit &&
    a.group === b.group &&
    a.isTerminating === b.isTerminating &&
    a.hasOverriddenCost === b.hasOverriddenCost &&
    sameRequests(a.requests, b.requests)
  );
}

function sameRequests(a: Requests, b: Requests): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => amountOf(a, key) === amountOf(b, key));
}

const NO_NODES: ReadonlySet<string> = new Set();
const NO_MARKS: Marks = { labels: {}, annotations: {} };
const NO_USAGE: Usage = { pods: 0, amounts: [] };
