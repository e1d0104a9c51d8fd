/**
 * The use cases on a real ledger, driven by hand: kube-scheduler's calls, the watch's events, the API server's answers
 * and the clock are all the test's.
 *
 * @module
 */
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { GroupRef } from '../../src/ledger/ledger.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ResourcePolicy } from '../../src/policy/resource-policy.ts';
import type { Commit } from '../../src/scheduling/commit.ts';
import { Committer } from '../../src/scheduling/commit.ts';
import type { Decision } from '../../src/scheduling/decide.ts';
import { Decider } from '../../src/scheduling/decide.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';
import { Ranker } from '../../src/scheduling/rank.ts';
import type { NodeBuilder, PodBuilder, PolicyBuilder } from './builders.ts';
import { VIRTUAL_NODES } from './builders.ts';

export interface HarnessOptions {
  readonly nodes?: readonly NodeBuilder[];
  readonly policies?: readonly PolicyBuilder[];
  readonly checksAtBind?: boolean;
}

/** Answers a Binding; the default binds. */
export type ApiAnswer = (binding: Binding) => BindResult | Promise<BindResult>;

export class Harness {
  readonly ledger: Ledger;
  readonly ranker: Ranker;
  /** Groups that the ledger told to have room, in order. */
  readonly rooms: GroupRef[] = [];
  /** Bindings sent to the API server. */
  readonly bindings: Binding[] = [];
  /** Pods that the API server holds though the watch has not shown them, for reads. */
  readonly stored = new Map<string, PodFacts>();
  answer: ApiAnswer = () => ({ outcome: 'bound' });
  unready: string | undefined;
  nowMs = 0;
  readonly #decider: Decider;
  readonly #committer: Committer;
  readonly #nodeNames: string[] = [];

  constructor({ nodes = [], policies = [], checksAtBind = true }: HarnessOptions = {}) {
    this.ledger = new Ledger({
      virtualNodes: VIRTUAL_NODES,
      clock: { nowMs: () => this.nowMs },
      checksAtBind,
      onRoom: (group) => void this.rooms.push(group),
    });
    const view = { unready: () => this.unready };
    const matcher = new Matcher(this.ledger);
    this.ranker = new Ranker(this.ledger, matcher);
    this.#decider = new Decider(this.ledger, matcher, view);
    this.#committer = new Committer({
      ledger: this.ledger,
      matcher,
      view,
      binder: {
        bind: async (binding) => {
          this.bindings.push(binding);
          return this.answer(binding);
        },
      },
      pods: { readPod: async (namespace, name) => this.stored.get(`${namespace}/${name}`) },
    });
    for (const node of nodes) this.sees(node);
    for (const policy of policies) this.sees(policy);
  }

  /** The watch delivers an object. */
  sees(item: PodBuilder | NodeBuilder | PolicyBuilder): void {
    if ('parsed' in item) this.ledger.upsertPolicy(item.parsed());
    else if ('scheduledAt' in item) this.ledger.upsertPod(item.facts());
    else {
      const node: NodeFacts = item.facts();
      this.ledger.upsertNode(node);
      if (!this.#nodeNames.includes(node.name)) this.#nodeNames.push(node.name);
    }
  }

  /** The watch delivers a removal. */
  seesGone(item: PodBuilder | NodeBuilder | PolicyBuilder): void {
    if ('parsed' in item) this.ledger.removePolicy(item.parsed());
    else if ('scheduledAt' in item) this.ledger.removePod(item.facts());
    else this.ledger.removeNode(item.facts());
  }

  /** /filter; without candidates every node is feasible. */
  filter(pod: PodBuilder, candidates: readonly string[] = this.#nodeNames): Decision {
    return this.#decider.decide(pod.facts(), candidates);
  }

  /** Name of the unit that /filter chose, or the outcome. */
  unitFor(pod: PodBuilder, candidates?: readonly string[]): string {
    const decision = this.filter(pod, candidates);
    return decision.outcome === 'chosen' ? (decision.unit?.name ?? 'bound') : decision.outcome;
  }

  /** /bind. */
  async bind(pod: PodBuilder, nodeName: string): Promise<Commit> {
    const { namespace, name, uid } = pod.facts();
    return this.#committer.bind({ namespace, name, uid, nodeName });
  }

  /** /filter, /bind to the first node, and the watch's event: the whole life of a pod that fits. */
  async schedule(pod: PodBuilder): Promise<string> {
    this.sees(pod);
    const decision = this.filter(pod);
    if (decision.outcome !== 'chosen') return decision.outcome;
    const nodeName = decision.nodeNames[0] ?? '';
    const { outcome } = await this.bind(pod, nodeName);
    if (outcome === 'bound') this.sees(pod.version('2').on(nodeName));
    return outcome === 'bound' ? nodeName : outcome;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** Places taken in a unit of a policy. */
  taken(policy: PolicyBuilder | ResourcePolicy, group: string, unitIndex: number): number {
    const { namespace, name } = 'parsed' in policy ? policy.parsed() : policy;
    return this.ledger.group({ policyKey: `${namespace}/${name}`, group })?.taken(unitIndex) ?? 0;
  }
}
