/**
 * Pods, nodes and policies of tests, in the words of the domain: `aPod('e1').ofGroup('s1').on('ecs-0')`. Each builder
 * is immutable, so a shared one can be varied; `object()` is what the API server would hand out, and facts and
 * policies are made of it by the real parsers. A pod carries the labels that a policy selects unless told otherwise.
 *
 * @module
 */
import {
  DELETION_COST_ANNOTATION,
  OWN_COST_ANNOTATION,
  PINNED_ANNOTATION,
  POLICY_ANNOTATION,
  UNIT_ANNOTATION,
  WAITING_ANNOTATION,
  WAITING_ROOM_GATE,
} from '../../src/facts/annotations.ts';
import type { Labels } from '../../src/facts/labels.ts';
import type { NodeFacts, NodeObject } from '../../src/facts/node-facts.ts';
import { nodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts, PodObject } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import type { Resource, ResourcePolicy } from '../../src/policy/resource-policy.ts';
import { POLICY_API } from '../../src/policy/resource-policy.ts';
import type { Binding } from '../../src/scheduling/ports.ts';

/** What policies select and pods carry when a test does not care. */
export const SELECTED: Labels = { app: 'spark' };
/** The label that {@link PodBuilder.ofGroup} sets and {@link PolicyBuilder.perGroup} groups by. */
export const GROUP_LABEL = 'job';
/** Label by which virtual nodes are known, as `serve` has it by default. */
export const VIRTUAL_NODES: Labels = { type: 'virtual-kubelet' };

/** A waiting pod of namespace `default`, version 1, created at the epoch, uid `uid-` and its name. */
export function aPod(name: string): PodBuilder {
  return new PodBuilder({
    metadata: {
      uid: `uid-${name}`,
      name,
      namespace: 'default',
      resourceVersion: '1',
      creationTimestamp: timestamp(0),
      labels: SELECTED,
    },
    spec: {},
    status: { phase: 'Pending' },
  });
}

export class PodBuilder {
  readonly #pod: PodObject;

  constructor(pod: PodObject) {
    this.#pod = pod;
  }

  in(namespace: string): PodBuilder {
    return this.#metadata({ namespace });
  }

  uid(uid: string): PodBuilder {
    return this.#metadata({ uid });
  }

  /** metadata.resourceVersion: another one is a newer version of the pod. */
  version(resourceVersion: string): PodBuilder {
    return this.#metadata({ resourceVersion });
  }

  /** Exactly these labels. */
  labels(labels: Labels): PodBuilder {
    return this.#metadata({ labels });
  }

  /** These labels beside those it has. */
  labelled(labels: Labels): PodBuilder {
    return this.labels({ ...this.#pod.metadata?.labels, ...labels });
  }

  ofGroup(group: string): PodBuilder {
    return this.labelled({ [GROUP_LABEL]: group });
  }

  annotated(annotations: Labels): PodBuilder {
    return this.#metadata({ annotations: { ...this.#pod.metadata?.annotations, ...annotations } });
  }

  /** What the Binding wrote: the policy and unit that placed it. */
  placedBy(policy: string, unit: string): PodBuilder {
    return this.annotated({ [POLICY_ANNOTATION]: policy, [UNIT_ANNOTATION]: unit });
  }

  /** Held by scheduling gates of these names, by default by that of the waiting room; and what the API server says of it. */
  gated(...names: readonly string[]): PodBuilder {
    const gates = names.length === 0 ? [WAITING_ROOM_GATE] : names;
    const spec = { ...this.#pod.spec, schedulingGates: gates.map((name) => ({ name })) };
    return new PodBuilder({ ...this.#pod, spec }).#status({
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ],
    });
  }

  /** Let out of the waiting room, or by whoever else had gated it. */
  ungated(): PodBuilder {
    return new PodBuilder({ ...this.#pod, spec: { ...this.#pod.spec, schedulingGates: [] } });
  }

  /** Tied to the nodes of the unit of this name. */
  pinnedTo(unit: string): PodBuilder {
    return this.annotated({ [PINNED_ANNOTATION]: unit });
  }

  deletionCost(cost: number): PodBuilder {
    return this.annotated({ [DELETION_COST_ANNOTATION]: String(cost) });
  }

  /** What the program writes when the cost is its own. */
  ownCost(cost: number): PodBuilder {
    return this.deletionCost(cost).annotated({ [OWN_COST_ANNOTATION]: String(cost) });
  }

  /** Kept on the pod: since when it waits, milliseconds since the epoch by unit name. */
  waitingSince(since: Readonly<Record<string, number>>): PodBuilder {
    const times = Object.entries(since).map(([unit, ms]) => [unit, new Date(ms).toISOString()]);
    return this.annotated({ [WAITING_ANNOTATION]: JSON.stringify(Object.fromEntries(times)) });
  }

  createdAt(ms: number): PodBuilder {
    return this.#metadata({ creationTimestamp: timestamp(ms) });
  }

  /** What its one container requests, e.g. `{ cpu: '500m' }`. */
  requesting(requests: Readonly<Record<string, string | number>>): PodBuilder {
    const containers = [{ name: 'main', resources: { requests } }];
    return new PodBuilder({ ...this.#pod, spec: { ...this.#pod.spec, containers } });
  }

  priority(priority: number): PodBuilder {
    return new PodBuilder({ ...this.#pod, spec: { ...this.#pod.spec, priority } });
  }

  /** spec.preemptionPolicy Never: it evicts nobody. */
  neverPreempting(): PodBuilder {
    return new PodBuilder({ ...this.#pod, spec: { ...this.#pod.spec, preemptionPolicy: 'Never' } });
  }

  /** Bound to the node at the epoch, and running there. */
  on(nodeName: string): PodBuilder {
    const bound = new PodBuilder({ ...this.#pod, spec: { ...this.#pod.spec, nodeName } });
    return bound.#status({ phase: 'Running' }).scheduledAt(0);
  }

  /** As the Binding leaves it: on the node, with the labels and annotations that it carried. */
  boundBy({ nodeName, labels = {}, annotations = {} }: Binding): PodBuilder {
    return this.on(nodeName).labelled(labels).annotated(annotations);
  }

  /** When it was bound; goes after {@link on}. */
  scheduledAt(ms: number): PodBuilder {
    return this.#status({
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(ms) }],
    });
  }

  /** kube-scheduler reported that no node takes it. */
  unschedulable(message = '0/4 nodes are available'): PodBuilder {
    return this.#status({ conditions: [{ type: 'PodScheduled', status: 'False', message }] });
  }

  nominated(nominatedNodeName: string): PodBuilder {
    return this.#status({ nominatedNodeName });
  }

  terminating(): PodBuilder {
    return this.#metadata({ deletionTimestamp: timestamp(0) });
  }

  finished(phase: 'Succeeded' | 'Failed' = 'Succeeded'): PodBuilder {
    return this.#status({ phase });
  }

  object(): PodObject {
    return this.#pod;
  }

  facts(): PodFacts {
    return podFacts(this.#pod);
  }

  #metadata(change: PodObject['metadata']): PodBuilder {
    return new PodBuilder({ ...this.#pod, metadata: { ...this.#pod.metadata, ...change } });
  }

  #status(change: PodObject['status']): PodBuilder {
    return new PodBuilder({ ...this.#pod, status: { ...this.#pod.status, ...change } });
  }
}

/** A real (ECS) node of architecture amd64, uid `uid-` and its name. */
export function aNode(name: string): NodeBuilder {
  return new NodeBuilder({
    metadata: {
      uid: `uid-${name}`,
      name,
      resourceVersion: '1',
      labels: { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': name },
    },
  });
}

export class NodeBuilder {
  readonly #node: NodeObject;

  constructor(node: NodeObject) {
    this.#node = node;
  }

  /** A virtual (ECI) node. */
  virtual(): NodeBuilder {
    return this.labelled(VIRTUAL_NODES);
  }

  arch(arch: string): NodeBuilder {
    return this.labelled({ 'kubernetes.io/arch': arch });
  }

  /** These labels beside those it has. */
  labelled(labels: Labels): NodeBuilder {
    return new NodeBuilder({
      ...this.#node,
      metadata: { ...this.#node.metadata, labels: { ...this.#node.metadata?.labels, ...labels } },
    });
  }

  /** What it can take, in Kubernetes quantities; else nothing. */
  allocating(allocatable: Labels): NodeBuilder {
    return new NodeBuilder({ ...this.#node, status: { allocatable } });
  }

  tainted(key: string, effect: string): NodeBuilder {
    return new NodeBuilder({ ...this.#node, spec: { ...this.#node.spec, taints: [{ key, effect }] } });
  }

  cordoned(): NodeBuilder {
    return new NodeBuilder({ ...this.#node, spec: { ...this.#node.spec, unschedulable: true } });
  }

  object(): NodeObject {
    return this.#node;
  }

  facts(): NodeFacts {
    return nodeFacts(this.#node);
  }
}

/** The fields of a unit, as users write them. */
export interface UnitSpec {
  readonly resource?: Resource;
  readonly nodeSelector?: Labels;
  readonly max?: number;
  readonly [field: string]: unknown;
}

/** A policy of namespace `default` that selects {@link SELECTED}, generation 1, created at the epoch, without units. */
export function aPolicy(name: string): PolicyBuilder {
  return new PolicyBuilder({
    apiVersion: `${POLICY_API.group}/${POLICY_API.version}`,
    kind: 'ResourcePolicy',
    metadata: {
      uid: `uid-${name}`,
      name,
      namespace: 'default',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: timestamp(0),
    },
    spec: { selector: SELECTED, units: [] },
  });
}

/** A ResourcePolicy object, right or wrong: tests of the parser put anything into its spec. */
export interface PolicyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown };
  readonly spec: { readonly units: readonly UnitSpec[]; readonly [field: string]: unknown };
  readonly status?: unknown;
}

export class PolicyBuilder {
  readonly #policy: PolicyObject;

  constructor(policy: PolicyObject) {
    this.#policy = policy;
  }

  in(namespace: string): PolicyBuilder {
    return this.#metadata({ namespace });
  }

  uid(uid: string): PolicyBuilder {
    return this.#metadata({ uid });
  }

  /** metadata.generation: another one is a changed spec. */
  generation(generation: number): PolicyBuilder {
    return this.#metadata({ generation });
  }

  createdAt(ms: number): PolicyBuilder {
    return this.#metadata({ creationTimestamp: timestamp(ms) });
  }

  /** Selects pods with these labels, all of them, instead of {@link SELECTED}. */
  selecting(selector: Labels): PolicyBuilder {
    return this.spec({ selector });
  }

  /** One more unit, after the others. */
  unit(unit: UnitSpec): PolicyBuilder {
    return this.spec({ units: [...this.#policy.spec.units, unit] });
  }

  /** Every max holds per value of {@link GROUP_LABEL}, or per combination of values of these labels. */
  perGroup(...labelKeys: readonly string[]): PolicyBuilder {
    return this.spec({ matchLabelKeys: labelKeys.length === 0 ? [GROUP_LABEL] : labelKeys });
  }

  /** Any further fields of the spec. */
  spec(fields: Readonly<Record<string, unknown>>): PolicyBuilder {
    return new PolicyBuilder({ ...this.#policy, spec: { ...this.#policy.spec, ...fields } });
  }

  status(status: unknown): PolicyBuilder {
    return new PolicyBuilder({ ...this.#policy, status });
  }

  object(): PolicyObject {
    return this.#policy;
  }

  parsed(): ResourcePolicy {
    return parseResourcePolicy(this.#policy);
  }

  #metadata(change: Readonly<Record<string, unknown>>): PolicyBuilder {
    return new PolicyBuilder({ ...this.#policy, metadata: { ...this.#policy.metadata, ...change } });
  }
}

/** As the API server writes times: whole seconds. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
