/**
 * The use cases on a real ledger, driven by hand: kube-scheduler's calls, the watch's events, the API server's answers
 * and the clock are all the test's.
 *
 * @module
 */
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { GroupRef } from '../../src/ledger/ledger.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ResourcePolicy } from '../../src/policy/resource-policy.ts';
import type { Commit } from '../../src/scheduling/commit.ts';
import { Attempts } from '../../src/scheduling/attempts.ts';
import { Chooser } from '../../src/scheduling/chooser.ts';
import { Committer } from '../../src/scheduling/commit.ts';
import type { Decision } from '../../src/scheduling/decide.ts';
import { Decider } from '../../src/scheduling/decide.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';
import type { Preemption } from '../../src/scheduling/preempt.ts';
import { Preemptor } from '../../src/scheduling/preempt.ts';
import { Ranker } from '../../src/scheduling/rank.ts';
import { Scout } from '../../src/scheduling/scout.ts';
import { Waits } from '../../src/scheduling/waits.ts';
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
  /** Pods that the ledger told that no policy holds back any more. */
  readonly released: string[] = [];
  /** Policies whose figures the ledger told to have changed. */
  readonly counted: string[] = [];
  /** Pods that the ledger told to carry another deletion cost than their unit's. */
  readonly miscosted: string[] = [];
  readonly doubtful: string[] = [];
  readonly held: GroupRef[] = [];
  /** Timed waits that began, as they are to be kept on the pod. */
  readonly waits: { pod: string; since: Readonly<Record<string, number>> }[] = [];
  /** When pods are to be tried again. */
  readonly alarms: { pod: string; atMs: number }[] = [];
  /** When pods that were nominated are to be tried again, beside those. */
  readonly reminders: { pod: string; atMs: number }[] = [];
  /** Nodes that kube-scheduler was asked to look at first. */
  readonly nominations: { pod: string; nodeName: string }[] = [];
  readonly scout: Scout;
  /** Bindings sent to the API server. */
  readonly bindings: Binding[] = [];
  /** Pods that the API server holds though the watch has not shown them, for reads. */
  readonly stored = new Map<string, PodFacts>();
  /** Whether a nomination is written. */
  writes: () => Promise<boolean> = async () => true;
  answer: ApiAnswer = () => ({ outcome: 'bound' });
  unready: string | undefined;
  nowMs = 0;
  readonly #decider: Decider;
  readonly #preemptor: Preemptor;
  readonly #committer: Committer;
  readonly #nodeNames: string[] = [];

  constructor({ nodes = [], policies = [], checksAtBind = true }: HarnessOptions = {}) {
    this.ledger = new Ledger({
      virtualNodes: VIRTUAL_NODES,
      clock: { nowMs: () => this.nowMs },
      checksAtBind,
      listener: {
        room: (group) => void this.rooms.push(group),
        released: (pods) => void this.released.push(...pods.map(({ name }) => name)),
        counted: (key) => void this.counted.push(key),
        miscosted: (pod) => void this.miscosted.push(pod.name),
        doubtful: (pod) => void this.doubtful.push(pod.name),
        held: (group) => void this.held.push(group),
      },
    });
    const view = { unready: () => this.unready };
    const matcher = new Matcher(this.ledger);
    this.ranker = new Ranker(this.ledger, matcher);
    const clock = { nowMs: () => this.nowMs };
    const chooser = new Chooser(
      this.ledger,
      new Waits({
        wallClock: clock.nowMs,
        began: (pod, since) => void this.waits.push({ pod: pod.name, since }),
        waiting: (pod, leftMs) => void this.alarms.push({ pod: pod.name, atMs: this.nowMs + leftMs }),
      }),
      new Attempts({
        clock,
        retry: (pod, afterMs) => void this.alarms.push({ pod: pod.name, atMs: this.nowMs + afterMs }),
      }),
    );
    this.scout = new Scout({
      ledger: this.ledger,
      clock,
      percentage: 0,
      nominate: async (pod, nodeName) => {
        this.nominations.push({ pod: pod.name, nodeName });
        return this.writes();
      },
      retry: (pod, afterMs) => void this.alarms.push({ pod: pod.name, atMs: this.nowMs + afterMs }),
      remind: (pod, afterMs) => void this.reminders.push({ pod: pod.name, atMs: this.nowMs + afterMs }),
    });
    this.#decider = new Decider({
      ledger: this.ledger,
      matcher,
      view,
      chooser,
      scout: this.scout,
      offers: { saw: () => undefined },
    });
    this.#preemptor = new Preemptor({ ledger: this.ledger, matcher, view, chooser, scout: this.scout });
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
    else if ('scheduledAt' in item) {
      this.ledger.removePod(item.facts());
      this.scout.done(item.facts().uid);
    } else this.ledger.removeNode(item.facts());
  }

  /** /filter; without candidates every node is feasible. */
  filter(pod: PodBuilder, candidates: readonly string[] = this.#nodeNames): Decision {
    return this.#decider.decide({
      pod: pod.facts(),
      candidates,
      constraints: () => podConstraints(pod.object()),
    });
  }

  /** /preempt; victims by node. */
  preempt(pod: PodBuilder, victims: Readonly<Record<string, readonly PodBuilder[]>>): Preemption {
    const uids = Object.entries(victims).map(
      ([node, pods]) => [node, pods.map((victim) => victim.facts().uid)] as const,
    );
    return this.#preemptor.choose(pod.facts(), new Map(uids));
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
    const binding = this.bindings.at(-1);
    if (outcome === 'bound' && binding !== undefined) this.sees(pod.version('2').boundBy(binding));
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
