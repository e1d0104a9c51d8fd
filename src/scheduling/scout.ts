/**
 * Finds a node for a pod in a unit that kube-scheduler did not offer. In a large cluster kube-scheduler offers only some
 * of the feasible nodes (see the placement room's offer.ts), so a unit without a node among them may still have one. Our
 * own view either shows that none of its nodes can take the pod, or names one that probably can: kube-scheduler is then
 * asked to look at that one first, by the pod's nominatedNodeName (evaluateNominatedNode in schedule_one.go, 1.36).
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { NodeFacts } from '../facts/node-facts.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { hasRoom, obstacle } from '../placement/node-fit.ts';
import { isExhaustive } from '../placement/offer.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { Clock } from './ports.ts';

export interface ScoutParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** percentageOfNodesToScore of kube-scheduler; 0: not set. */
  readonly percentage: number;
  /** Has kube-scheduler look at this node first, for this pod. Resolves to whether that was written. */
  readonly nominate: (pod: PodFacts, nodeName: string) => Promise<boolean>;
  /** Have kube-scheduler try the pod again after this time. */
  readonly retry: (pod: PodFacts, afterMs: number) => void;
  /** The same; neither of the two replaces the other. */
  readonly remind: (pod: PodFacts, afterMs: number) => void;
}

/** What kube-scheduler offered for a pod. */
export interface Offered {
  readonly pod: PodFacts;
  /** How many nodes. */
  readonly offered: number;
  /** It is the one node that was nominated for the pod: kube-scheduler may not have looked at others. */
  readonly isNominated: boolean;
  readonly constraints: () => PodConstraints;
}

/**
 * Nominations at a time. Each one is counted in by kube-scheduler whenever it looks at that node, and those that are given
 * up stay on their pods: docs/decisions/012 has what became of more.
 */
const AT_ONCE = 8;
/** A nomination that nothing has come of in this time is over; the pod takes its turn again. */
const PATIENCE_MS = 10_000;
/**
 * After that the pod is tried again, and nominated again if kube-scheduler does not know of it: it withdraws a nomination
 * that it sees before it has written down the refusal.
 */
const AGAIN_MS = 2_000;
/** Nodes tried for a pod in a unit: what our view does not look at (ports, volumes, affinity) may rule out all of them. */
const MOST_TRIES = 5;
/** They are tried again so long after the last of them, whichever unit it is in. */
const FORGOTTEN_MS = 30_000;
const REMEMBERED_PODS = 50_000;

/** A pod that looks for a node in a unit. */
interface Search {
  readonly policy: ResourcePolicy;
  readonly unit: Unit;
  /** The pod as it was last asked about. */
  offered: Offered;
  /** Nodes that turned out not to be feasible though our view knows no reason, or that nothing was heard of. */
  readonly tried: Set<string>;
  /** When the last of them was. */
  triedMs: number;
}

interface Nomination {
  readonly search: Search;
  readonly nodeName: string;
  readonly requests: Requests;
  readonly sinceMs: number;
  /** When it was last sent, and how often. */
  saidMs: number;
  times: number;
  isWritten: boolean;
}

export class Scout {
  readonly #parts: ScoutParts;
  /** By pod. What was tried in a unit is remembered while the pod looks in others. */
  readonly #searches = new LRUCache<string, readonly Search[]>({ max: REMEMBERED_PODS });
  readonly #out = new Map<string, Nomination>();
  /** Pods that wait for their turn to be nominated, first come first. */
  readonly #queue = new Map<string, Search>();
  #turn = 0;

  constructor(parts: ScoutParts) {
    this.#parts = parts;
  }

  /** Whether a node is sought for the pod: one may take it as it is. */
  isOut(uid: string): boolean {
    this.#overdue();
    return this.#out.has(uid) || this.#queue.has(uid);
  }

  /**
   * Whether the pod should wait for a node of the unit that was not offered; kube-scheduler is asked to look at one when it
   * is the pod's turn. False when the offer was complete, which ends the pod's searches, when no node of the unit can take
   * the pod, and when enough were tried.
   */
  seeks(offered: Offered, policy: ResourcePolicy, unit: Unit): boolean {
    const { uid } = offered.pod;
    if (this.#isComplete(offered)) {
      this.done(uid);
      return false;
    }
    const search = this.#searchFor(offered, policy, unit);
    this.#overdue();
    const nomination = this.#out.get(uid);
    if (nomination?.search === search && this.#isPending(nomination)) return true;
    const nodeName = search.tried.size < MOST_TRIES ? this.#find(search) : undefined;
    if (nodeName === undefined) {
      if (this.#queue.get(uid) === search) this.#queue.delete(uid);
    } else if (nomination === undefined) this.#queue.set(uid, search);
    // In place of the node that is not feasible, or of one in a later unit: it was the pod's turn already.
    else this.#send(search, nodeName);
    this.#next();
    return nodeName !== undefined;
  }

  /** Whether the pod has still to be looked at with the nomination; if it was, its node is not feasible. */
  #isPending(nomination: Nomination): boolean {
    const { pod } = nomination.search.offered;
    // This offer of other nodes was made before the nomination could be seen.
    if (pod.nominatedNode !== nomination.nodeName) {
      const isLost = this.#parts.clock.nowMs() - nomination.saidMs >= AGAIN_MS;
      if (isLost) this.#say(pod, nomination);
      return true;
    }
    this.#failed(nomination);
    return false;
  }

  /** The pod has its place, or is gone. */
  done(uid: string): void {
    this.#searches.delete(uid);
    this.rests(uid);
  }

  /** The pod waits for something else, or for nothing. What was tried for it is remembered. */
  rests(uid: string): void {
    this.#queue.delete(uid);
    if (this.#out.delete(uid)) this.#next();
  }

  #isComplete({ offered, isNominated, constraints }: Offered): boolean {
    const { ledger, percentage } = this.#parts;
    if (isNominated) return ledger.nodeCount === 1;
    const offer = { length: offered, nodeCount: ledger.nodeCount, percentage };
    if (!isExhaustive({ ...offer, isNarrowed: false })) return false;
    const { others, nodeTerms = [] } = constraints();
    const isNarrowed = others.length > 0 || nodeTerms.some(({ fields }) => fields.length > 0);
    return isExhaustive({ ...offer, isNarrowed });
  }

  #searchFor(offered: Offered, policy: ResourcePolicy, unit: Unit): Search {
    const { uid } = offered.pod;
    const known = (this.#searches.get(uid) ?? []).filter((search) => search.policy === policy);
    const search = known.find((each) => each.unit === unit);
    if (search === undefined) {
      const begun: Search = { policy, unit, offered, tried: new Set(), triedMs: 0 };
      this.#searches.set(uid, [...known, begun]);
      return begun;
    }
    search.offered = offered;
    const nowMs = this.#parts.clock.nowMs();
    const isIdle = !this.#out.has(uid) && !this.#queue.has(uid);
    if (isIdle && known.every(({ triedMs }) => nowMs - triedMs >= FORGOTTEN_MS))
      for (const { tried } of known) tried.clear();
    return search;
  }

  /** Sends those whose turn it is. A pod for which there is no node any more is tried again, to go on to the next unit. */
  #next(): void {
    const { ledger, retry } = this.#parts;
    /** What no node was found for in this pass: pods of a job ask for the same. */
    const hopeless = new Set<string>();
    for (const [uid, search] of this.#queue) {
      if (this.#out.size >= AT_ONCE) return;
      this.#queue.delete(uid);
      if (ledger.pod(uid)?.nodeName !== undefined) continue;
      const isHopeless = hopeless.size > 0 && hopeless.has(keyOf(search));
      const nodeName = isHopeless ? undefined : this.#find(search);
      if (nodeName !== undefined) {
        this.#send(search, nodeName);
        continue;
      }
      // Who has tried nodes in vain has fewer left than others.
      if (search.tried.size === 0) hopeless.add(keyOf(search));
      retry(search.offered.pod, 0);
    }
  }

  #send(search: Search, nodeName: string): void {
    const { pod } = search.offered;
    const nowMs = this.#parts.clock.nowMs();
    const unsaid = { saidMs: nowMs, times: 0, isWritten: false };
    const nomination = { search, nodeName, requests: pod.requests, sinceMs: nowMs, ...unsaid };
    this.#out.set(pod.uid, nomination);
    this.#parts.retry(pod, PATIENCE_MS);
    this.#say(pod, nomination);
  }

  #say(pod: PodFacts, nomination: Nomination): void {
    const { clock, nominate, remind } = this.#parts;
    nomination.saidMs = clock.nowMs();
    nomination.times += 1;
    remind(pod, AGAIN_MS);
    void this.#written(pod.uid, nomination, nominate(pod, nomination.nodeName));
  }

  /** It is void when none of the times that it was sent it was written. */
  async #written(uid: string, nomination: Nomination, written: Promise<boolean>): Promise<void> {
    const { times } = nomination;
    nomination.isWritten = (await written) || nomination.isWritten;
    const isVoid = !nomination.isWritten && times === nomination.times;
    if (!isVoid || this.#out.get(uid) !== nomination) return;
    this.#out.delete(uid);
    this.#next();
  }

  /** The node was looked at and is not feasible. If our view now knows why, it was taken meanwhile: that is no try. */
  #failed({ search, nodeName }: Nomination): void {
    this.#out.delete(search.offered.pod.uid);
    const node = this.#parts.ledger.node(nodeName);
    if (node !== undefined && this.#canTake(search, node, this.#promised(search)))
      this.#tried(search, nodeName);
  }

  #tried(search: Search, nodeName: string): void {
    search.tried.add(nodeName);
    search.triedMs = this.#parts.clock.nowMs();
  }

  /** Gives up nominations that nothing was heard of: it is others' turn. */
  #overdue(): void {
    const before = this.#out.size;
    for (const [uid, { search, nodeName, sinceMs }] of this.#out) {
      if (this.#parts.clock.nowMs() - sinceMs < PATIENCE_MS) continue;
      this.#out.delete(uid);
      this.#tried(search, nodeName);
    }
    if (this.#out.size < before) this.#next();
  }

  /** A node of the unit that nothing speaks against; each look begins elsewhere, so that pods do not crowd on one. */
  #find(search: Search): string | undefined {
    const { ledger } = this.#parts;
    const names = [...ledger.nodesOf(search.policy, search.unit)];
    const promised = this.#promised(search);
    this.#turn += 1;
    for (let step = 0; step < names.length; step += 1) {
      const name = names[(this.#turn + step) % names.length];
      const node = name === undefined ? undefined : ledger.node(name);
      if (node !== undefined && !search.tried.has(node.name) && this.#canTake(search, node, promised))
        return node.name;
    }
    return undefined;
  }

  #canTake({ offered }: Search, { name, capacity }: NodeFacts, promised: Promised): boolean {
    const { requests } = offered.pod;
    const here = promised.get(name);
    const bound = this.#parts.ledger.usedOn(name);
    const used = here === undefined ? bound : add({ ...bound }, here);
    if (!hasRoom(requests, capacity, used)) return false;
    return obstacle({ constraints: offered.constraints(), requests }, capacity, used) === undefined;
  }

  /** What is on its way to each node, the pod's own left out: Bindings, and other nominations, summed up. */
  #promised({ offered }: Search): Promised {
    const promised = new Map<string, Total>();
    const promise = ({ nodeName, requests }: Pick<Nomination, 'nodeName' | 'requests'>): void => {
      promised.set(nodeName, add(promised.get(nodeName) ?? {}, requests));
    };
    for (const [uid, nomination] of this.#out) if (uid !== offered.pod.uid) promise(nomination);
    for (const binding of this.#parts.ledger.underWay()) promise(binding);
    return promised;
  }
}

type Total = Record<string, number>;
type Promised = ReadonlyMap<string, Requests>;

/** Into the total, as there may be thousands. */
function add(total: Total, requests: Requests): Total {
  for (const [resource, amount] of Object.entries(requests))
    total[resource] = (total[resource] ?? 0) + amount;
  return total;
}

/** The same for searches that find the same, whatever each has tried. */
function keyOf({ policy, unit, offered }: Search): string {
  return JSON.stringify([policyKey(policy), unit.index, offered.pod.requests, offered.constraints()]);
}
