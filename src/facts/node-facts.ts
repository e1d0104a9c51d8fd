/**
 * What the rules know of a node: pruned, immutable data. Pure.
 *
 * @module
 */
import type { Labels } from './labels.ts';
import type { NodeCapacity, NodeCapacityObject } from './node-capacity.ts';
import { nodeCapacity } from './node-capacity.ts';
import { required } from './required.ts';

export interface NodeFacts {
  readonly uid: string;
  readonly name: string;
  readonly labels: Labels;
  readonly resourceVersion: string;
  /** What it can take. */
  readonly capacity: NodeCapacity;
}

export interface NodeObject extends NodeCapacityObject {
  readonly metadata?: {
    readonly uid?: string;
    readonly name?: string;
    readonly resourceVersion?: string;
    readonly labels?: Labels | null;
  };
}

/**
 * Facts of a Node object.
 *
 * @throws {MissingField} when uid or name is absent.
 */
export function nodeFacts(node: NodeObject): NodeFacts {
  const metadata = node.metadata ?? {};
  return {
    uid: required(metadata.uid, 'metadata.uid'),
    name: required(metadata.name, 'metadata.name'),
    labels: metadata.labels ?? {},
    resourceVersion: metadata.resourceVersion ?? '',
    capacity: nodeCapacity(node),
  };
}
