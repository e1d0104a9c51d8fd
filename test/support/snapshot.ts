/**
 * A cluster as `explain` lists it, from builders. Nodes have 8 CPU, 32Gi and room for 110 pods unless told otherwise.
 *
 * @module
 */
import type { NodeCapacityObject } from '../../src/facts/node-capacity.ts';
import { nodeCapacity } from '../../src/facts/node-capacity.ts';
import { lastWord } from '../../src/facts/last-word.ts';
import type { PodConstraintsObject } from '../../src/facts/pod-constraints.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodObject } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import type { SeenPod } from '../../src/scheduling/explain-pod.ts';
import { Snapshot } from '../../src/scheduling/snapshot.ts';
import type { NodeBuilder, PodBuilder, PolicyBuilder } from './builders.ts';
import { VIRTUAL_NODES } from './builders.ts';

/** The taint of ACK's virtual nodes. */
export const VIRTUAL_TAINT = {
  key: 'virtual-kubelet.io/provider',
  value: 'alibabacloud',
  effect: 'NoSchedule',
};

const ALLOCATABLE = { cpu: '8', memory: '32Gi', pods: '110' };

/** A node with what the builder does not know of. */
export interface NodeSpec {
  readonly node: NodeBuilder;
  readonly taints?: readonly (typeof VIRTUAL_TAINT)[];
  readonly unschedulable?: boolean;
  readonly allocatable?: Readonly<Record<string, string>>;
}

/** A pod with what the builder does not know of. */
export interface PodSpec {
  readonly pod: PodBuilder;
  readonly spec: NonNullable<PodConstraintsObject['spec']>;
}

export interface ClusterSpec {
  readonly policies?: readonly PolicyBuilder[];
  readonly nodes?: readonly (NodeBuilder | NodeSpec)[];
  readonly pods?: readonly (PodBuilder | PodSpec)[];
  readonly nowMs?: number;
}

export function snapshotOf({ policies = [], nodes = [], pods = [], nowMs = 0 }: ClusterSpec): Snapshot {
  const objects = pods.map(objectOf);
  return new Snapshot({
    policies: policies.map((policy) => policy.parsed()),
    nodes: nodes.map(seenNode),
    pods: objects.map((object) => podFacts(object)),
    constraints: new Map(objects.map((object) => [podFacts(object).uid, podConstraints(object)])),
    virtualNodes: VIRTUAL_NODES,
    nowMs,
  });
}

/** The pod as `explain` sees the one that it is asked about. */
export function seen(pod: PodBuilder | PodSpec): SeenPod {
  const object = objectOf(pod);
  return { facts: podFacts(object), constraints: podConstraints(object), lastWord: lastWord(object) };
}

function objectOf(pod: PodBuilder | PodSpec): PodObject & PodConstraintsObject {
  if ('object' in pod) return pod.object();
  const object = pod.pod.object();
  return { ...object, spec: { ...object.spec, ...pod.spec } };
}

function seenNode(spec: NodeBuilder | NodeSpec) {
  const {
    node,
    taints = [],
    unschedulable = false,
    allocatable = {},
  } = 'node' in spec ? spec : { node: spec };
  const object: NodeCapacityObject = {
    ...node.object(),
    spec: { taints, unschedulable },
    status: { allocatable: { ...ALLOCATABLE, ...allocatable } },
  };
  return { facts: node.facts(), capacity: nodeCapacity(object) };
}
