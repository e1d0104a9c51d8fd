/**
 * The cluster as listed once, counted and decided upon by the very parts that `serve` uses: what explanations look at.
 * It differs from a running extender in one thing: places that are held for pods on their way from /filter to the
 * Binding, a second or less, are in that process's memory alone and are not seen here.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import type { NodeCapacity } from '../facts/node-capacity.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import { Ledger } from '../ledger/ledger.ts';
import { QUIET } from '../ledger/quiet-listener.ts';
import type { Choice } from '../placement/choose.ts';
import type { Demand } from '../placement/node-fit.ts';
import { obstacle } from '../placement/node-fit.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { Attempts } from './attempts.ts';
import { Chooser } from './chooser.ts';
import type { Feasibility } from './feasibility.ts';
import { FeasibilityCount } from './feasibility.ts';
import type { Member } from './matcher.ts';
import { Matcher } from './matcher.ts';
import { Waits } from './waits.ts';

export interface SeenNode {
  readonly facts: NodeFacts;
  readonly capacity: NodeCapacity;
}

/** Everything that was listed. */
export interface Listing {
  /** Of the namespace that is looked at. */
  readonly policies: readonly ResourcePolicy[];
  /** All of the cluster. */
  readonly nodes: readonly SeenNode[];
  /** All of the cluster. */
  readonly pods: readonly PodFacts[];
  /** By uid, of the pods whose feasible nodes are asked for. */
  readonly constraints: ReadonlyMap<string, PodConstraints>;
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
  /** When it was listed, milliseconds since the epoch. */
  readonly nowMs: number;
}

export class Snapshot {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  readonly nowMs: number;
  readonly virtualNodes: Labels;
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeFacts[];
  readonly #capacities: ReadonlyMap<string, NodeCapacity>;
  readonly #constraints: ReadonlyMap<string, PodConstraints>;
  readonly #chooser: Chooser;
  readonly #attempts: Attempts;
  /** What the clock of the attempts shows. */
  #attemptsMs = 0;
  readonly #used = new Map<string, Record<string, number>>();
  readonly #known = new Map<string, Feasibility>();

  constructor({ policies, nodes, pods, constraints, virtualNodes, nowMs }: Listing) {
    this.nowMs = nowMs;
    this.virtualNodes = virtualNodes;
    this.nodes = nodes.map(({ facts }) => facts);
    this.#capacities = new Map(nodes.map(({ capacity }) => [capacity.name, capacity]));
    this.#constraints = constraints;
    this.ledger = new Ledger({
      virtualNodes,
      clock: { nowMs: () => nowMs },
      checksAtBind: true,
      listener: QUIET,
    });
    this.matcher = new Matcher(this.ledger);
    this.#attempts = new Attempts({ clock: { nowMs: () => this.#attemptsMs }, retry: () => undefined });
    // Timed waits stand on the pods; none begins here.
    const waits = new Waits({ wallClock: () => nowMs, began: () => undefined, waiting: () => undefined });
    this.#chooser = new Chooser(this.ledger, waits, this.#attempts);
    // In this order: pods are counted once, when nodes and policies are there.
    for (const policy of policies) this.ledger.upsertPolicy(policy);
    for (const { facts } of nodes) this.ledger.upsertNode(facts);
    for (const pod of pods) {
      this.ledger.upsertPod(pod);
      if (pod.nodeName !== undefined && !pod.finished) add(this.#usedOn(pod.nodeName), pod.requests);
    }
    // Nominations that nobody leaves for: the program has given their places up long ago.
    this.ledger.expire({ reservedMs: 0, uncertainMs: 0, currentAtMs: nowMs });
  }

  /** What /filter would decide about a waiting pod now. */
  choose(pod: PodFacts, member: Member): Choice {
    // An attempt at preemption lasts a second, so of a pod that somebody asks about it is over; whether victims are
    // leaving for it, its nominated node tells.
    this.#attemptsMs = 0;
    for (const unit of member.policy.units) this.#attempts.begin(pod, unit);
    this.#attemptsMs = Infinity;
    return this.#chooser.choose(pod, member, {
      candidates: (unit) => this.feasibility(pod, member.policy, unit).nodeNames,
      seeks: () => false,
      canBegin: () => true,
    });
  }

  /** Pods of a job ask for the same, so this is remembered by what is asked for. */
  feasibility(pod: PodFacts, policy: ResourcePolicy, unit: Unit): Feasibility {
    const constraints = this.#constraints.get(pod.uid);
    if (constraints === undefined) throw new Error(`nothing is known of what pod ${pod.name} asks for`);
    const demand: Demand = { constraints, requests: pod.requests };
    const key = JSON.stringify([policy.name, unit.index, demand]);
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#lookAt(this.ledger.nodesOf(policy, unit), demand);
      this.#known.set(key, known);
    }
    return known;
  }

  /** What kube-scheduler looks at for this pod and this snapshot does not, in words. */
  unchecked(pod: PodFacts): readonly string[] {
    return this.#constraints.get(pod.uid)?.others ?? [];
  }

  #lookAt(names: Iterable<string>, demand: Demand): Feasibility {
    const count = new FeasibilityCount();
    for (const name of names) {
      const capacity = this.#capacities.get(name);
      if (capacity !== undefined) count.add(name, obstacle(demand, capacity, this.#usedOn(name)));
    }
    return count.result();
  }

  #usedOn(nodeName: string): Record<string, number> {
    let used = this.#used.get(nodeName);
    if (used === undefined) {
      used = {};
      this.#used.set(nodeName, used);
    }
    return used;
  }
}

function add(to: Record<string, number>, requests: Requests): void {
  for (const [resource, amount] of Object.entries(requests)) to[resource] = (to[resource] ?? 0) + amount;
}
