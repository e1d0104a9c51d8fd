/**
 * A model of kube-scheduler: it asks for anything it may ask for, late, repeatedly and out of order; and it tries a
 * pod that was refused again only when the pod changes, so that each wake-up has to come from the program.
 *
 * @module
 */
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { Decision } from '../../src/scheduling/decide.ts';
import type { ApiServer } from './api-server.ts';
import type { Program } from './program.ts';
import type { Story } from './story.ts';

/** What it says of a pod when there is no node, or none that the pod is pinned to; the program is not asked. */
const NO_NODE = '0/0 nodes are available';

/** A pod that was refused and is not tried again until it changes. */
interface Parked {
  readonly version: string;
  readonly text: string;
  readonly candidates: readonly string[];
  /** How many Bindings had landed by then. */
  readonly bindings: number;
}

/** Pods are evicted for a pod, which the program allowed with full knowledge. */
interface Preempting {
  readonly nodeName: string;
  readonly victims: readonly string[];
}

export class KubeScheduler {
  readonly #api: ApiServer;
  readonly #story: Story;
  readonly #program: () => Program;
  /** Nodes that some /filter answered, by uid; it may still act on any of them. */
  readonly #answered = new Map<string, Set<string>>();
  readonly #parked = new Map<string, Parked>();
  readonly #preempting = new Map<string, Preempting>();
  /** Nodes for which pods are still nominated although nothing came of it, by uid. */
  readonly #leftNominated = new Map<string, string | undefined>();

  constructor(api: ApiServer, story: Story, program: () => Program) {
    this.#api = api;
    this.#story = story;
    this.#program = program;
  }

  /** Those of these nodes that it offers for the pod: a pod that is pinned is offered no others. */
  offeredTo(uid: string, nodes: readonly string[]): readonly string[] {
    const pinnedTo = this.#api.tiedTo(uid);
    return pinnedTo === undefined ? nodes : nodes.filter((name) => pinnedTo.includes(name));
  }

  /** @param back how many versions its view of the pod is behind. */
  filter(uid: string, nodes: readonly string[], back = 0): Decision | undefined {
    const versions = this.#api
      .versionsOf(uid)
      .filter(({ nodeName, terminating, isGated }) => nodeName === undefined && !terminating && !isGated);
    const pod = versions[Math.max(0, versions.length - 1 - back)];
    if (pod === undefined) return undefined;
    const candidates = this.offeredTo(uid, nodes);
    if (candidates.length === 0) {
      this.#story.note(`  ${pod.name}: there is no node for it`);
      this.report(uid, NO_NODE);
      const version = this.#api.pods.get(uid)?.resourceVersion ?? '';
      this.#parked.set(uid, { version, candidates, text: NO_NODE, bindings: this.#api.bindings });
      return undefined;
    }
    const decision = this.#program().decide(pod, candidates);
    this.#story.note(
      `  ${pod.name}: ${decision.outcome === 'chosen' ? decision.nodeNames.join() : decision.outcome}`,
    );
    if (decision.outcome === 'chosen' || decision.outcome === 'not-ours') {
      this.#parked.delete(uid);
      this.#preempting.delete(uid);
      const nodeNames = decision.outcome === 'chosen' ? decision.nodeNames : candidates;
      const answered = this.#answered.get(uid) ?? new Set();
      this.#answered.set(uid, answered);
      for (const name of nodeNames) {
        this.#story.expect(candidates.includes(name), `${name} was not offered`);
        answered.add(name);
      }
      this.#story.expect(nodeNames.length > 0, `${pod.name} may go nowhere`);
    } else {
      const { bindings } = this.#api;
      const text = textOf(decision);
      this.#parked.set(uid, { version: pod.resourceVersion, candidates, text, bindings });
    }
    return decision;
  }

  /** The same twice: a text that changed would make it try again for ever. */
  filterTwice(uid: string, candidates: readonly string[]): void {
    const first = this.filter(uid, candidates);
    const second = this.filter(uid, candidates);
    const isSame = first?.outcome === second?.outcome && textOf(first) === textOf(second);
    this.#story.expect(isSame, () => `${uid}: first ${textOf(first)}, then ${textOf(second)}`);
  }

  /** Binds to a node of any answer there was; late, repeated and competing requests are all of this kind. */
  bind(uid: string, choice: number): void {
    const nodes = [...(this.#answered.get(uid) ?? [])];
    const nodeName = nodes[choice % Math.max(1, nodes.length)];
    if (nodeName === undefined) return;
    this.#preempting.delete(uid);
    this.bindTo(uid, nodeName);
  }

  bindTo(uid: string, nodeName: string): void {
    if (this.#api.versionsOf(uid).every(({ isGated }) => isGated)) return;
    if (!this.offeredTo(uid, [nodeName]).includes(nodeName)) return;
    void this.#bound(uid, nodeName).catch((error: unknown) => {
      this.#story.expect(false, `bind rejected: ${String(error)}`);
    });
  }

  async #bound(uid: string, nodeName: string): Promise<void> {
    const [pod] = this.#api.versionsOf(uid);
    if (pod === undefined) return;
    const { namespace, name } = pod;
    const { outcome, error } = await this.#program().committer.bind({ namespace, name, uid, nodeName });
    this.#story.note(`  ${name}: bind to ${nodeName} → ${outcome}`);
    const isTrue = error !== undefined || this.#wasOn(uid, nodeName);
    this.#story.expect(isTrue, `${name} was said to be on ${nodeName} and is not`);
  }

  #wasOn(uid: string, nodeName: string): boolean {
    return this.#api.versionsOf(uid).some((version) => version.nodeName === nodeName);
  }

  /**
   * A whole cycle on the latest version: the nominated node first, then all; binds, or writes that it could not.
   *
   * @returns the node it binds to.
   */
  cycle(uid: string, candidates: readonly string[], choice = 0): string | undefined {
    const nominated = this.#api.pods.get(uid)?.nominatedNode;
    const decision =
      (nominated !== undefined && candidates.includes(nominated)
        ? this.#accepted(this.filter(uid, [nominated]))
        : undefined) ?? this.filter(uid, candidates);
    const accepted = this.#accepted(decision);
    if (accepted !== undefined) {
      const nodeNames = accepted.outcome === 'chosen' ? accepted.nodeNames : this.offeredTo(uid, candidates);
      const nodeName = nodeNames[choice % nodeNames.length];
      if (nodeName !== undefined) this.bindTo(uid, nodeName);
      return nodeName;
    }
    if (decision !== undefined && this.report(uid, textOf(decision))) this.filter(uid, candidates);
    return undefined;
  }

  #accepted(decision: Decision | undefined) {
    return decision?.outcome === 'chosen' || decision?.outcome === 'not-ours' ? decision : undefined;
  }

  /**
   * Writes that it could not place the pod; at times about a pod that is bound.
   *
   * @param leavesNomination as where the program allows to evict nobody, and for pods that never preempt.
   * @returns whether that was news.
   */
  report(uid: string, unschedulable: string, leavesNomination = false): boolean {
    const pod = this.#api.pods.get(uid);
    if (pod === undefined) return false;
    const nominatedNode = leavesNomination ? pod.nominatedNode : undefined;
    this.#leftNominated.set(uid, nominatedNode);
    if (pod.unschedulable === unschedulable && pod.nominatedNode === nominatedNode) return false;
    this.#api.changePod(uid, { unschedulable, nominatedNode }, 'harmless');
    return true;
  }

  /** Why pods were refused has long been written; those stay where they are. */
  reportAll(): void {
    for (const [uid, parked] of this.#parked) {
      if (!this.isParked(uid)) continue;
      this.report(uid, parked.text);
      this.#parked.set(uid, { ...parked, version: this.#api.pods.get(uid)?.resourceVersion ?? '' });
    }
  }

  /** The pod stays where it is until it changes or is woken. */
  isParked(uid: string): boolean {
    const parked = this.#parked.get(uid);
    return parked !== undefined && parked.version === this.#api.pods.get(uid)?.resourceVersion;
  }

  /**
   * It tries the pod again only when the pod changes. Pods that it nominated it tries when the victims are gone, and
   * pods that were refused when more nodes become feasible. One that is offered other nodes than others, and waits in a
   * unit that those fill, may go on to the next one then: it is tried when they are bound.
   */
  waitsToBeWoken({ uid, nominatedNode }: PodFacts, nodes: readonly string[]): boolean {
    const { candidates: offered = [], bindings = 0 } = this.#parked.get(uid) ?? {};
    const feasible = this.offeredTo(uid, nodes);
    const isAwaited = nominatedNode !== undefined && nominatedNode !== this.#leftNominated.get(uid);
    const isPassedBy = feasible !== nodes && bindings < this.#api.bindings;
    return (
      !isAwaited && this.isParked(uid) && !isPassedBy && feasible.every((name) => offered.includes(name))
    );
  }

  // ── preemption ───────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Looks for pods of lower priority to evict: of each node some, as the bits tell. Evicts them on one of the nodes
   * that it is allowed, and nominates the pod for it.
   */
  preempt(uid: string, bits: number, isGraceful: boolean): void {
    const pod = this.#api.pods.get(uid);
    if (pod === undefined || pod.nodeName !== undefined || pod.terminating || pod.isGated) return;
    // Pods are leaving the nominated node for it: it waits for them.
    const isWaiting = ({ nodeName, terminating }: PodFacts): boolean =>
      terminating && nodeName === pod.nominatedNode;
    if (pod.nominatedNode !== undefined && this.#api.items('pods').some(isWaiting)) return;
    const victims = this.#victims(pod, bits);
    if (victims.size === 0) return;
    const { outcome, nodeNames } = this.#program().preemptor.choose(pod, victims);
    this.#story.note(
      `  ${pod.name}: preempt on ${[...victims.keys()].join()}: ${outcome} ${nodeNames.join()}`,
    );
    this.#story.expect(
      nodeNames.every((name) => victims.has(name)),
      `${nodeNames.join()} may be freed, not asked for`,
    );
    const nodeName = nodeNames[bits % Math.max(1, nodeNames.length)];
    const evicted = victims.get(nodeName ?? '');
    if (nodeName === undefined || evicted === undefined) return;
    if (this.#program().hasSeenDisturbances) this.#preempting.set(uid, { nodeName, victims: evicted });
    const unschedulable = pod.unschedulable ?? 'no node is free';
    this.#api.changePod(uid, { nominatedNode: nodeName, unschedulable }, 'harmless');
    for (const victim of evicted) {
      this.#story.note(`  ${victim} is evicted`);
      if (isGraceful) this.#api.changePod(victim, { terminating: true }, 'harmless');
      else this.#api.removePod(victim);
    }
  }

  /** The victims are gone and nothing else has changed: then the pod has its place. */
  endPreemption(uid: string): void {
    const preempting = this.#preempting.get(uid);
    const pod = this.#api.pods.get(uid);
    if (preempting === undefined || pod?.nominatedNode === undefined || pod.terminating) return;
    for (const victim of preempting.victims) this.#api.removePod(victim);
    this.#program().drain();
    const decision = this.filter(uid, [preempting.nodeName]);
    this.#story.expect(
      decision?.outcome === 'chosen' || decision?.outcome === 'not-ours',
      () => `${preempting.victims.join()} evicted in vain for ${uid}: ${textOf(decision)}`,
    );
  }

  /** Something changed that makes it uncertain what becomes of evictions under way. */
  preemptionsDisturbed(): void {
    this.#preempting.clear();
  }

  #victims(pod: PodFacts, bits: number): ReadonlyMap<string, readonly string[]> {
    const victims = new Map<string, string[]>();
    let bit = 0;
    for (const { uid, nodeName, finished, priority } of this.#api.pods.values()) {
      if (nodeName === undefined || finished || priority >= pod.priority) continue;
      if (!this.offeredTo(pod.uid, [nodeName]).includes(nodeName)) continue;
      bit += 1;
      if (((bits >> (bit % 5)) & 1) === 0) victims.set(nodeName, [...(victims.get(nodeName) ?? []), uid]);
    }
    return victims;
  }
}

function textOf(decision: Decision | undefined): string {
  return decision !== undefined && 'text' in decision ? decision.text : '';
}
