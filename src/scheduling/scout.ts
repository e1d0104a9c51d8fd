/**
 * Finds a node for a pod in a unit that kube-scheduler did not offer. In a large cluster kube-scheduler offers only some
 * of the feasible nodes (see the placement room's offer.ts), so a unit without a node among them may still have one. Our
 * own view either shows that none of its nodes can take the pod, or names one that probably can: kube-scheduler is then
 * asked to look at that one first, by the pod's nominatedNodeName (evaluateNominatedNode in schedule_one.go, 1.36).
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { obstacle } from '../placement/node-fit.ts';
import { isExhaustive } from '../placement/offer.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
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
}

/** What kube-scheduler offered for a pod. */
export interface Offered {
  readonly pod: PodFacts;
  /** How many nodes. */
  readonly offered: number;
  readonly constraints: () => PodConstraints;
}

/**
 * Nominations at a time: each one is counted in by kube-scheduler in the cycle of every other pod, so many of them cost
 * more than they save.
 */
const AT_ONCE = 8;
/** A nomination that nothing has come of in this time is over. */
const PATIENCE_MS = 5_000;
/** Nodes tried for a pod in a unit: what our view does not look at (ports, volumes, affinity) may rule out all of them. */
const MOST_TRIES = 5;
/** After that the unit counts as lacking resources for the pod, for so long. */
const GIVEN_UP_MS = 30_000;
const REMEMBERED_SEARCHES = 20_000;

interface Search {
  readonly unit: string;
  /** Nodes that turned out not to be feasible. */
  readonly tried: Set<string>;
  /** When the search was given up; undefined: it goes on. */
  givenUpMs: number | undefined;
}

interface Nomination {
  readonly nodeName: string;
  readonly sinceMs: number;
}

export class Scout {
  readonly #parts: ScoutParts;
  readonly #searches = new LRUCache<string, Search>({ max: REMEMBERED_SEARCHES });
  readonly #nominations = new Map<string, Nomination>();
  #turn = 0;

  constructor(parts: ScoutParts) {
    this.#parts = parts;
  }

  /** Whether kube-scheduler has been asked to look at a node for the pod, and has not answered. */
  isOut(uid: string): boolean {
    this.#forgetOld();
    return this.#nominations.has(uid);
  }

  /**
   * Whether the pod should wait for a node of the unit that was not offered; a nomination goes out if there is none.
   * False when the offer was complete, when no node of the unit can take the pod, and when enough were tried.
   */
  seeks(offered: Offered, policy: ResourcePolicy, unit: Unit): boolean {
    if (this.#isComplete(offered)) return false;
    this.#forgetOld();
    const { pod } = offered;
    const search = this.#searchFor(pod, unit);
    if (search.givenUpMs !== undefined) return false;
    const nomination = this.#nominations.get(pod.uid);
    // It was looked at first, and was not feasible, or this offer of other nodes had not been made.
    if (nomination !== undefined && pod.nominatedNode !== nomination.nodeName) return true;
    if (nomination !== undefined) this.#failed(pod.uid, nomination, search);
    const nodeName = search.tried.size < MOST_TRIES ? this.#find(offered, policy, unit) : undefined;
    if (nodeName === undefined) {
      search.givenUpMs = this.#parts.clock.nowMs();
      return false;
    }
    this.#send(pod, nodeName);
    return true;
  }

  /** The pod has its place, or is gone. */
  done(uid: string): void {
    this.#nominations.delete(uid);
    this.#searches.delete(uid);
  }

  #isComplete({ offered, constraints }: Offered): boolean {
    const { ledger, percentage } = this.#parts;
    const offer = { length: offered, nodeCount: ledger.nodeCount, percentage };
    if (!isExhaustive({ ...offer, isNarrowed: false })) return false;
    const { others, nodeTerms = [] } = constraints();
    const isNarrowed = others.length > 0 || nodeTerms.some(({ fields }) => fields.length > 0);
    return isExhaustive({ ...offer, isNarrowed });
  }

  #searchFor({ uid }: PodFacts, unit: Unit): Search {
    const known = this.#searches.get(uid);
    const isOver =
      known?.givenUpMs !== undefined && this.#parts.clock.nowMs() - known.givenUpMs >= GIVEN_UP_MS;
    if (known !== undefined && known.unit === unit.name && !isOver) return known;
    const search: Search = { unit: unit.name, tried: new Set(), givenUpMs: undefined };
    this.#searches.set(uid, search);
    return search;
  }

  #failed(uid: string, { nodeName }: Nomination, { tried }: Search): void {
    tried.add(nodeName);
    this.#nominations.delete(uid);
  }

  /** A node of the unit that nothing speaks against; each search begins elsewhere, so that pods do not crowd on one. */
  #find({ pod, constraints }: Offered, policy: ResourcePolicy, unit: Unit): string | undefined {
    const { ledger } = this.#parts;
    const demand = { constraints: constraints(), requests: pod.requests };
    const tried = this.#searches.get(pod.uid)?.tried;
    const names = [...ledger.nodesOf(policy, unit)];
    this.#turn += 1;
    for (let step = 0; step < names.length; step += 1) {
      const name = names[(this.#turn + step) % names.length];
      const node = name === undefined ? undefined : ledger.node(name);
      if (node === undefined || tried?.has(node.name) === true) continue;
      if (obstacle(demand, node.capacity, ledger.usedOn(node.name)) === undefined) return node.name;
    }
    return undefined;
  }

  #send(pod: PodFacts, nodeName: string): void {
    this.#forgetOld();
    const { clock, nominate, retry } = this.#parts;
    if (this.#nominations.size >= AT_ONCE) {
      retry(pod, PATIENCE_MS / AT_ONCE);
      return;
    }
    const nomination = { nodeName, sinceMs: clock.nowMs() };
    this.#nominations.set(pod.uid, nomination);
    retry(pod, PATIENCE_MS);
    void this.#settle(pod.uid, nomination, nominate(pod, nodeName));
  }

  async #settle(uid: string, nomination: Nomination, written: Promise<boolean>): Promise<void> {
    if (!(await written) && this.#nominations.get(uid) === nomination) this.#nominations.delete(uid);
  }

  #forgetOld(): void {
    const now = this.#parts.clock.nowMs();
    for (const [uid, { nodeName, sinceMs }] of this.#nominations) {
      if (now - sinceMs < PATIENCE_MS) continue;
      this.#nominations.delete(uid);
      this.#searches.get(uid)?.tried.add(nodeName);
    }
  }
}
