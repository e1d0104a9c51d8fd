/**
 * A cluster whose kube-scheduler names 100 of 200 nodes, in turn, and looks first at the one that is nominated for a pod.
 * Some nodes turn out to be infeasible for a reason that only it knows.
 *
 * @module
 */
import type { NodeBuilder, PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const OFFERED = 100;
/** Pods of one CPU that a node of the first unit takes. */
const PLACES = 2;
const large = { cpu: '1000', memory: '1Ti', pods: '1000' };

export interface Size {
  /** Nodes of the first unit. */
  readonly paid: number;
  /** Others of its nodes, which are never feasible. */
  readonly shut: number;
  /** Nodes of the second unit, which are never feasible either. */
  readonly closed: number;
  readonly max: number;
}

export type Move = 'create' | 'attempt' | 'deliver' | 'finish' | 'advance';

interface Live {
  builder: PodBuilder;
  nodeName?: string;
  isQueued: boolean;
}

export class SampledCluster {
  /** Pods that went to the last unit though a node of the first had room. */
  readonly outOfOrder: string[] = [];
  readonly #scene: Harness;
  readonly #max: number;
  readonly #nodes: readonly string[];
  readonly #pods = new Map<string, Live>();
  readonly #queue: string[] = [];
  #next = 0;
  #created = 0;
  #delivered = 0;
  #version = 1;
  readonly #fired = new Set<object>();

  constructor({ paid, shut, closed, max }: Size) {
    this.#max = max;
    const nodes: readonly NodeBuilder[] = [
      ...Array.from({ length: 198 - paid - shut - closed }, (_, i) => aNode(`other-${i}`).allocating(large)),
      ...Array.from({ length: paid }, (_, i) =>
        aNode(`paid-${i}`)
          .labelled({ pool: 'paid' })
          .allocating({ ...large, cpu: String(PLACES) }),
      ),
      ...Array.from({ length: shut }, (_, i) =>
        aNode(`shut-${i}`).labelled({ pool: 'paid' }).allocating(large),
      ),
      ...Array.from({ length: closed }, (_, i) =>
        aNode(`shut-in-second-${i}`).labelled({ pool: 'second' }).allocating(large),
      ),
      ...[0, 1].map((i) => aNode(`virtual-${i}`).virtual().labelled({ pool: 'elastic' }).allocating(large)),
    ];
    this.#nodes = nodes.map((node) => node.facts().name);
    const policy = aPolicy('spark')
      .unit({ nodeSelector: { pool: 'paid' }, max })
      .unit({ nodeSelector: { pool: 'second' } })
      .unit({ nodeSelector: { pool: 'elastic' } });
    this.#scene = new Harness({ nodes, policies: [policy] });
  }

  async move(move: Move, pick: number): Promise<void> {
    if (move === 'create') this.#create();
    if (move === 'attempt') await this.#attempt();
    if (move === 'deliver') this.#deliver();
    if (move === 'finish') this.#finish(pick);
    if (move === 'advance') await this.#rest(1 + (pick % 40_000));
  }

  /** Until nothing waits; what is left after so many rounds is stuck. */
  async untilPlaced(): Promise<readonly string[]> {
    for (let round = 0; round < 400 && this.#waiting().length > 0; round += 1) await this.#rest(1_000);
    return this.#waiting();
  }

  #waiting(): readonly string[] {
    return [...this.#pods].filter(([, { nodeName }]) => nodeName === undefined).map(([name]) => name);
  }

  #create(): void {
    const name = `p${this.#created}`;
    this.#created += 1;
    const pod: Live = { builder: aPod(name).requesting({ cpu: '1' }).neverPreempting(), isQueued: false };
    this.#pods.set(name, pod);
    this.#scene.sees(pod.builder);
    this.#enqueue(name);
  }

  #enqueue(name: string): void {
    const pod = this.#pods.get(name);
    if (pod === undefined || pod.isQueued || pod.nodeName !== undefined) return;
    pod.isQueued = true;
    this.#queue.push(name);
  }

  async #attempt(): Promise<void> {
    const name = this.#queue.shift();
    const pod = name === undefined ? undefined : this.#pods.get(name);
    if (name === undefined || pod === undefined) return;
    pod.isQueued = false;
    const { nominatedNode } = pod.builder.facts();
    const isFirst = nominatedNode !== undefined && this.#free(nominatedNode) > 0;
    const isPlaced =
      (isFirst && (await this.#filter(name, pod, [nominatedNode]))) ||
      (await this.#filter(name, pod, this.#sample()));
    if (!isPlaced) this.#change(name, (builder) => builder.unschedulable());
  }

  async #filter(name: string, pod: Live, candidates: readonly string[]): Promise<boolean> {
    const decision = this.#scene.filter(pod.builder, candidates);
    if (decision.outcome !== 'chosen') return false;
    const nodeName = decision.nodeNames[0] ?? '';
    if (decision.unit?.index === 2)
      this.outOfOrder.push(...this.#roomInFirstUnit(name).map((node) => `${name} had room on ${node}`));
    await this.#scene.bind(pod.builder, nodeName);
    pod.nodeName = nodeName;
    this.#change(name, (builder) => builder.on(nodeName));
    return true;
  }

  /** Nodes of the first unit that can take the pod, less what was promised to others. */
  #roomInFirstUnit(name: string): readonly string[] {
    const paid = this.#nodes.filter((node) => node.startsWith('paid-'));
    const taken = [...this.#pods.values()].filter(({ nodeName }) => nodeName?.startsWith('paid-') === true);
    if (taken.length >= this.#max) return [];
    return paid.filter((node) => this.#free(node) > this.#promised(node, name));
  }

  #promised(node: string, except: string): number {
    return this.#waiting().filter((name) => {
      const last = this.#scene.nominations.findLast(({ pod }) => pod === name);
      return name !== except && last?.nodeName === node && this.#scene.scout.isOut(`uid-${name}`);
    }).length;
  }

  #free(node: string): number {
    if (node.startsWith('shut-')) return 0;
    if (!node.startsWith('paid-')) return Infinity;
    return PLACES - [...this.#pods.values()].filter(({ nodeName }) => nodeName === node).length;
  }

  #sample(): readonly string[] {
    const offered: string[] = [];
    let looked = 0;
    for (; looked < this.#nodes.length && offered.length < OFFERED; looked += 1) {
      const node = this.#nodes[(this.#next + looked) % this.#nodes.length] ?? '';
      if (this.#free(node) > 0) offered.push(node);
    }
    this.#next += looked;
    return offered;
  }

  /** A nomination is written, and the pod that changes is tried again. */
  #deliver(): void {
    const nomination = this.#scene.nominations[this.#delivered];
    if (nomination === undefined) return;
    this.#delivered += 1;
    const { pod: name, nodeName } = nomination;
    if (this.#pods.get(name)?.nodeName !== undefined) return;
    this.#change(name, (builder) => builder.nominated(nodeName));
    this.#enqueue(name);
  }

  /** A pod of the first unit, in which there is room then. */
  #finish(pick: number): void {
    const placed = [...this.#pods].filter(([, { nodeName }]) => nodeName?.startsWith('paid-') === true);
    const [name, pod] = placed[pick % Math.max(1, placed.length)] ?? [];
    if (name === undefined || pod === undefined) return;
    this.#pods.delete(name);
    this.#scene.seesGone(pod.builder);
    for (const waiting of this.#waiting()) this.#enqueue(waiting);
  }

  /** Time passes, after kube-scheduler and the API server have done what there is to do: nothing is late. */
  async #rest(ms: number): Promise<void> {
    while (this.#queue.length > 0 || this.#delivered < this.#scene.nominations.length) {
      this.#deliver();
      await this.#attempt();
    }
    this.#advance(ms);
  }

  #advance(ms: number): void {
    this.#scene.advance(ms);
    for (const alarm of [...this.#scene.alarms, ...this.#scene.reminders]) {
      if (alarm.atMs > this.#scene.nowMs || this.#fired.has(alarm)) continue;
      this.#fired.add(alarm);
      this.#enqueue(alarm.pod);
    }
  }

  #change(name: string, change: (builder: PodBuilder) => PodBuilder): void {
    const pod = this.#pods.get(name);
    if (pod === undefined) return;
    this.#version += 1;
    pod.builder = change(pod.builder).version(String(this.#version));
    this.#scene.sees(pod.builder);
  }
}
