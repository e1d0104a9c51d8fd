/**
 * A model of the API server: objects, their versions, and what it does with a Binding.
 *
 * @module
 */
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import {
  DELETION_COST_ANNOTATION,
  OWN_COST_ANNOTATION,
  POLICY_ANNOTATION,
  UNIT_ANNOTATION,
} from '../../src/facts/annotations.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { ResourcePolicy } from '../../src/policy/resource-policy.ts';
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';

export interface Objects {
  readonly pods: PodFacts;
  readonly nodes: NodeFacts;
  readonly policies: ResourcePolicy;
}
export type Kind = keyof Objects;

export interface Change<Item> {
  readonly item: Item;
  readonly isRemoval: boolean;
  /**
   * It may bring a unit over its limits without any Binding of ours: a limit is lowered, a pod is bound by somebody
   * else, grows or gets other labels, a node or a policy comes, changes or goes.
   */
  readonly isDisturbance: boolean;
}

/** What a pod has that its facts do not tell. */
export interface Ties {
  /** Names of the nodes that its affinity ties it to; absent: any. */
  readonly nodeNames?: readonly string[];
  /** It has a gate that is not of the waiting room. */
  readonly isGatedByOthers?: boolean;
}

type Listener = <K extends Kind>(kind: K, change: Change<Objects[K]>) => void;

export class ApiServer {
  readonly #nowMs: () => number;
  readonly #pods = new Map<string, PodFacts>();
  readonly #nodes = new Map<string, NodeFacts>();
  readonly #policies = new Map<string, ResourcePolicy>();
  readonly #versions = new Map<string, PodFacts[]>();
  readonly #ties = new Map<string, Ties>();
  #serial = 0;
  #disturbances = 0;
  #bindings = 0;
  /** Told of each change. */
  listener: Listener = () => undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** By uid. */
  get pods(): ReadonlyMap<string, PodFacts> {
    return this.#pods;
  }

  /** By name. */
  get nodes(): ReadonlyMap<string, NodeFacts> {
    return this.#nodes;
  }

  /** By name: all are of one namespace. */
  get policies(): ReadonlyMap<string, ResourcePolicy> {
    return this.#policies;
  }

  /** How many changes so far were {@link Change.isDisturbance disturbances}. */
  get disturbances(): number {
    return this.#disturbances;
  }

  /** How many Bindings have landed so far. */
  get bindings(): number {
    return this.#bindings;
  }

  items<K extends Kind>(kind: K): readonly Objects[K][] {
    const all: { readonly [Each in Kind]: () => readonly Objects[Each][] } = {
      pods: () => [...this.#pods.values()],
      nodes: () => [...this.#nodes.values()],
      policies: () => [...this.#policies.values()],
    };
    return all[kind]();
  }

  /** All versions there ever were of a pod, oldest first. */
  versionsOf(uid: string): readonly PodFacts[] {
    return this.#versions.get(uid) ?? [];
  }

  /** Of all pods there ever were. */
  uids(): Iterable<string> {
    return this.#versions.keys();
  }

  podNamed(name: string): PodFacts | undefined {
    return this.items('pods').find((pod) => pod.name === name);
  }

  /** Names of the nodes that the pod's affinity ties it to; undefined: any. It is what it is once no gate is left. */
  tiedTo(uid: string): readonly string[] | undefined {
    return this.#ties.get(uid)?.nodeNames;
  }

  createPod(pod: PodFacts, ties: Ties = {}): void {
    this.#ties.set(pod.uid, ties);
    const isGated = pod.isInWaitingRoom || ties.isGatedByOthers === true;
    this.#store({ ...pod, isGated }, pod.nodeName !== undefined);
  }

  /** The gate of the waiting room is taken off this version of the pod. @returns whether it was of that version. */
  openGate(read: PodFacts, change: Pick<PodFacts, 'pinnedUnit'> & Ties): boolean {
    const { uid, resourceVersion } = read;
    const pod = this.#pods.get(uid);
    if (pod?.resourceVersion !== resourceVersion) return false;
    const { pinnedUnit = pod.pinnedUnit, nodeNames = this.tiedTo(uid) } = change;
    const ties = this.#ties.get(uid);
    this.#ties.set(uid, { ...ties, ...(nodeNames === undefined ? {} : { nodeNames }) });
    const isGated = ties?.isGatedByOthers === true;
    this.#store({ ...pod, isGated, isInWaitingRoom: false, pinnedUnit }, false);
    return true;
  }

  /** Whoever else gated the pod takes that gate off. */
  ungateByOthers(uid: string): void {
    const { isGatedByOthers, ...ties } = this.#ties.get(uid) ?? {};
    const pod = this.#pods.get(uid);
    if (isGatedByOthers !== true || pod === undefined) return;
    this.#ties.set(uid, ties);
    this.#store({ ...pod, isGated: pod.isInWaitingRoom }, false);
  }

  /** @param kind whether the change is one of {@link Change.isDisturbance}. */
  changePod(uid: string, change: Partial<PodFacts>, kind: 'harmless' | 'disturbing'): void {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) this.#store({ ...pod, ...change }, kind === 'disturbing');
  }

  removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    this.#tell('pods', pod, { isRemoval: true, isDisturbance: false });
  }

  /** What a Binding does that arrives now. */
  bind({ uid, nodeName, resourceVersion, labels = {}, annotations = {} }: Binding): BindResult {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return { outcome: 'refused', status: 404, message: 'not found' };
    if (pod.nodeName === nodeName) return { outcome: 'already-bound-here' };
    if (pod.nodeName !== undefined || pod.terminating || pod.isGated)
      return { outcome: 'refused', status: 409, message: 'conflict' };
    if (resourceVersion !== undefined && resourceVersion !== pod.resourceVersion)
      return { outcome: 'stale', pod };
    const {
      [POLICY_ANNOTATION]: recordedPolicy = pod.recordedPolicy,
      [UNIT_ANNOTATION]: recordedUnit = pod.recordedUnit,
      [DELETION_COST_ANNOTATION]: deletionCost = pod.deletionCost,
      [OWN_COST_ANNOTATION]: ownDeletionCost = pod.ownDeletionCost,
      ...others
    } = annotations;
    const bound = {
      ...this.#onNode(pod, nodeName),
      labels: { ...pod.labels, ...labels },
      annotations: { ...pod.annotations, ...others },
      recordedPolicy,
      recordedUnit,
      deletionCost,
      ownDeletionCost,
    };
    this.#bindings += 1;
    this.#store(bound, false);
    return { outcome: 'bound' };
  }

  /** Somebody else's scheduler binds the pod. */
  bindForeign(uid: string, nodeName: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined || pod.nodeName !== undefined || pod.terminating || pod.isGated) return;
    this.#store(this.#onNode(pod, nodeName), true);
  }

  setNode(node: NodeFacts): void {
    const stored = { ...node, resourceVersion: this.#next() };
    this.#nodes.set(node.name, stored);
    this.#tell('nodes', stored, { isRemoval: false, isDisturbance: true });
  }

  removeNode(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    this.#nodes.delete(name);
    this.#tell('nodes', node, { isRemoval: true, isDisturbance: true });
  }

  setPolicy(policy: ResourcePolicy): void {
    const stored = { ...policy, resourceVersion: this.#next() };
    this.#policies.set(policy.name, stored);
    this.#tell('policies', stored, { isRemoval: false, isDisturbance: true });
  }

  removePolicy(name: string): void {
    const policy = this.#policies.get(name);
    if (policy === undefined) return;
    this.#policies.delete(name);
    this.#tell('policies', policy, { isRemoval: true, isDisturbance: true });
  }

  #onNode(pod: PodFacts, nodeName: string): PodFacts {
    const scheduledMs = Math.floor(this.#nowMs() / 1_000) * 1_000;
    return { ...pod, nodeName, scheduledMs, unschedulable: undefined, nominatedNode: undefined };
  }

  #store(changed: PodFacts, isDisturbance: boolean): void {
    const pod = { ...changed, resourceVersion: this.#next() };
    this.#pods.set(pod.uid, pod);
    const versions = this.#versions.get(pod.uid);
    if (versions === undefined) this.#versions.set(pod.uid, [pod]);
    else versions.push(pod);
    this.#tell('pods', pod, { isRemoval: false, isDisturbance });
  }

  #tell<K extends Kind>(kind: K, item: Objects[K], how: Omit<Change<Objects[K]>, 'item'>): void {
    if (how.isDisturbance) this.#disturbances += 1;
    this.listener(kind, { item, ...how });
  }

  #next(): string {
    this.#serial += 1;
    return String(this.#serial);
  }
}
