/**
 * What would become of pods: they are placed one after the other, as kube-scheduler and the extender would, by the very
 * parts that decide in `serve`. Pure. kube-scheduler's own filters are played by `node-fit`; its preemption is not played,
 * nothing ends while pods are placed, and no node is added.
 *
 * The unit of a pod is exact as far as the nodes of the pods before it are; which node of the unit it gets is
 * kube-scheduler's choice and only likely.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import type { NodePreference } from '../facts/node-preferences.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { boundTo } from '../facts/pod-facts.ts';
import { Ledger } from '../ledger/ledger.ts';
import { QUIET } from '../ledger/quiet-listener.ts';
import type { Demand } from '../placement/node-fit.ts';
import { likelyNode } from '../placement/likely-node.ts';
import { unschedulableText } from '../placement/unschedulable.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import { Attempts } from './attempts.ts';
import { Chooser } from './chooser.ts';
import { Decider, EXPLAINED_NODES } from './decide.ts';
import { Matcher } from './matcher.ts';
import { NodeSurvey } from './node-survey.ts';
import { Waits } from './waits.ts';

/** A pod to be placed. */
export interface PlannedPod {
  readonly facts: PodFacts;
  readonly constraints: PodConstraints;
  readonly preferences: readonly NodePreference[];
  /** UID of the pod that creates it, once that one runs; absent: it is created in any case. */
  readonly createdBy?: string;
}

export interface PlanInput {
  readonly policies: readonly ResourcePolicy[];
  /** All of the cluster. */
  readonly nodes: readonly NodeFacts[];
  /** Pods that have a node already, all of the cluster. */
  readonly bound: readonly PodFacts[];
  /** In the order in which kube-scheduler tries them. */
  readonly pods: readonly PlannedPod[];
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
  /** When it begins, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Which of the nodes that the extender allows a pod gets. Absent: the one it is likely to get. */
  readonly chooseNode?: (pod: PodFacts, nodeNames: readonly string[]) => string | undefined;
}

/** What becomes of a pod. */
export type Fate =
  | {
      readonly state: 'placed';
      readonly nodeName: string;
      /** Undefined: no policy selects it. */
      readonly policy: string | undefined;
      readonly unit: Unit | undefined;
      /** Why this unit; empty without one. */
      readonly text: string;
      /** How long it waits before that, by its policy's timeout, in milliseconds; 0: not at all. */
      readonly afterMs: number;
      readonly waited?: Waited;
    }
  | {
      readonly state: 'pending';
      /** What the extender says; undefined: it is not asked, as no node is feasible or the pod is not tried. */
      readonly text: string | undefined;
      /** What the pod's event says, up to what kube-scheduler adds about preemption. */
      readonly message: string;
      /** Pods of lower priority are about, so that kube-scheduler may evict some for it. */
      readonly mayPreempt: boolean;
      readonly waited?: Waited;
    };

/** What was said of a pod first, if something else became of it later: a wait ended, or others took its unit's places. */
export type Waited = Pick<Extract<Fate, { state: 'pending' }>, 'text' | 'message'>;

export interface Plan {
  /** By uid, of all that were to be placed. */
  readonly fates: ReadonlyMap<string, Fate>;
  /** Counts with every placed pod in its place. */
  readonly ledger: Ledger;
}

/** The API server's words (pkg/registry/core/pod/strategy.go, 1.36). */
const GATED = 'Scheduling is blocked due to non-empty scheduling gates';

export function plan(input: PlanInput): Plan {
  return new Planner(input).run();
}

class Planner {
  readonly #input: PlanInput;
  readonly #ledger: Ledger;
  readonly #matcher: Matcher;
  readonly #decider: Decider;
  readonly #survey: NodeSurvey;
  readonly #fates = new Map<string, Fate>();
  /** Pods that may go on when something happens, with what that is; in the order in which they came. */
  readonly #waiting = new Map<PlannedPod, string>();
  /** When waits in a unit end, by uid, in milliseconds from the beginning. */
  readonly #due = new Map<string, number>();
  readonly #waited = new Map<string, Waited>();
  #elapsedMs = 0;
  #lowestPriority = Infinity;

  constructor(input: PlanInput) {
    this.#input = input;
    const nowMs = (): number => input.nowMs + this.#elapsedMs;
    this.#ledger = new Ledger({
      virtualNodes: input.virtualNodes,
      clock: { nowMs },
      checksAtBind: true,
      listener: QUIET,
    });
    this.#survey = new NodeSurvey(input.nodes, (name) => this.#ledger.usedOn(name));
    this.#matcher = new Matcher(this.#ledger);
    const chooser = new Chooser(
      this.#ledger,
      new Waits({
        wallClock: nowMs,
        began: () => undefined,
        waiting: (pod, leftMs) => this.#due.set(pod.uid, this.#elapsedMs + leftMs),
      }),
      // Attempts at preemption do not end: what becomes of them is not known.
      new Attempts({ clock: { nowMs: () => 0 }, retry: () => undefined }),
    );
    this.#decider = new Decider({
      ledger: this.#ledger,
      matcher: this.#matcher,
      view: { unready: () => undefined },
      offers: { saw: () => undefined },
      chooser,
      // Every feasible node is offered.
      scout: { seeks: () => false, done: () => undefined, rests: () => undefined },
    });
    // In this order: pods are counted once, when nodes and policies are there.
    for (const policy of input.policies) this.#ledger.upsertPolicy(policy);
    for (const node of input.nodes) this.#ledger.upsertNode(node);
    for (const pod of input.bound) this.#put(pod);
  }

  run(): Plan {
    for (const { facts } of this.#input.pods) this.#ledger.upsertPod(facts);
    // Nominations that nobody leaves for: the program has given their places up long ago.
    this.#ledger.expire({ reservedMs: 0, uncertainMs: 0, currentAtMs: this.#input.nowMs });
    let open = this.#input.pods;
    for (;;) {
      for (const pod of open) this.#advance(pod);
      const nextMs = this.#nextDue();
      if (nextMs === Infinity) return { fates: this.#fates, ledger: this.#ledger };
      this.#elapsedMs = nextMs;
      open = [...this.#waiting.keys()];
    }
  }

  /** Tries the pod, and those that its placement lets go on: they have waited longer than those that come after it. */
  #advance(first: PlannedPod): void {
    const queue = [first];
    for (const pod of queue) {
      if (this.#fates.get(pod.facts.uid)?.state === 'placed') continue;
      const { fate, awaits } = this.#try(pod);
      this.#note(pod.facts.uid, fate);
      // A pod that goes on waiting keeps its place.
      if (awaits === undefined) this.#waiting.delete(pod);
      else this.#waiting.set(pod, awaits);
      if (fate.state !== 'placed') continue;
      const events = [creationKey(pod.facts.uid), this.#unitKey(pod.facts, fate.unit)];
      for (const [other, awaited] of this.#waiting) if (events.includes(awaited)) queue.push(other);
    }
  }

  /** What is said first of a pod that has to wait is kept. */
  #note(uid: string, fate: Fate): void {
    const waited = this.#waited.get(uid);
    if (fate.state === 'pending' && waited === undefined)
      this.#waited.set(uid, { text: fate.text, message: fate.message });
    const isNews = waited !== undefined && (fate.state === 'placed' || fate.message !== waited.message);
    this.#fates.set(uid, isNews ? { ...fate, waited } : fate);
  }

  /** A place in this unit's limits is taken, which may let a pod that waits there go on to the next. */
  #unitKey(pod: PodFacts, unit: Unit | undefined): string {
    const membership = this.#matcher.membershipOf(pod);
    if (membership.kind !== 'member' || unit === undefined) return '';
    return JSON.stringify([policyKey(membership.policy), unit.index, membership.group]);
  }

  /** When the next wait ends; Infinity: none is under way. */
  #nextDue(): number {
    let next = Infinity;
    for (const dueMs of this.#due.values()) if (dueMs > this.#elapsedMs && dueMs < next) next = dueMs;
    return next;
  }

  /** @returns also what has to happen for the pod to be tried again; absent: nothing changes its fate. */
  #try(planned: PlannedPod): { readonly fate: Fate; readonly awaits?: string } {
    const { facts: pod, constraints, createdBy } = planned;
    this.#due.delete(pod.uid);
    if (createdBy !== undefined && this.#fates.get(createdBy)?.state === 'pending') {
      const creator = this.#ledger.pod(createdBy)?.name ?? '';
      return { fate: notTried(`not created before ${creator} runs`), awaits: creationKey(createdBy) };
    }
    if (constraints.gates.length > 0) return { fate: notTried(GATED) };
    const demand: Demand = { constraints, requests: pod.requests };
    const candidates = this.#survey.feasible(demand);
    // Then kube-scheduler does not ask the extender.
    if (candidates.length === 0) return { fate: this.#pending(pod, demand) };
    const decision = this.#decider.decide({ pod, candidates, constraints: () => constraints });
    if (decision.outcome === 'not-ours')
      return { fate: this.#place(planned, candidates, { unit: undefined, text: '' }) };
    const { text } = decision;
    if (decision.outcome === 'chosen')
      return { fate: this.#place(planned, decision.nodeNames, { unit: decision.unit, text }) };
    const nodes = Math.min(candidates.length, EXPLAINED_NODES);
    const fate = this.#pending(pod, demand, { text, nodes });
    return decision.outcome === 'waiting' ? { fate, awaits: this.#unitKey(pod, decision.unit) } : { fate };
  }

  #place(
    { facts: pod, preferences }: PlannedPod,
    allowed: readonly string[],
    why: { readonly unit: Unit | undefined; readonly text: string },
  ): Fate {
    const nodeName = this.#choose(pod, allowed, preferences);
    const membership = this.#matcher.membershipOf(pod);
    this.#bind(pod, nodeName);
    const policy = membership.kind === 'member' ? membership.policy.name : undefined;
    return { state: 'placed', nodeName, policy, ...why, afterMs: this.#elapsedMs };
  }

  #pending(pod: PodFacts, demand: Demand, refusal?: { readonly text: string; readonly nodes: number }): Fate {
    const reasons = this.#survey.reasons(demand);
    if (refusal !== undefined) reasons.set(refusal.text, refusal.nodes);
    return {
      state: 'pending',
      text: refusal?.text,
      message: unschedulableText(this.#survey.nodeCount, reasons),
      mayPreempt: pod.canPreempt && this.#lowestPriority < pod.priority,
    };
  }

  #choose(pod: PodFacts, names: readonly string[], preferences: readonly NodePreference[]): string {
    const { chooseNode } = this.#input;
    const nodeName =
      chooseNode === undefined
        ? likelyNode(names, {
            requests: pod.requests,
            preferences,
            capacity: (name) => this.#survey.node(name)?.capacity,
            usedOn: (name) => this.#ledger.usedOn(name),
          })
        : chooseNode(pod, names);
    if (nodeName === undefined) throw new Error(`no node was chosen for pod ${pod.name}`);
    return nodeName;
  }

  /** The Binding lands, and the watch shows it. */
  #bind(pod: PodFacts, nodeName: string): void {
    const marks = this.#ledger.startBind(pod, nodeName) ?? { labels: {}, annotations: {} };
    this.#put({ ...boundTo(pod, nodeName, marks), scheduledMs: this.#input.nowMs + this.#elapsedMs });
    this.#survey.changed(nodeName);
  }

  #put(pod: PodFacts): void {
    this.#ledger.upsertPod(pod);
    if (!pod.finished) this.#lowestPriority = Math.min(this.#lowestPriority, pod.priority);
  }
}

function creationKey(uid: string): string {
  return `created by ${uid}`;
}

/** kube-scheduler does not see such a pod. */
function notTried(message: string): Fate {
  return { state: 'pending', text: undefined, message, mayPreempt: false };
}
