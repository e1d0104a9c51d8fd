/**
 * The JSON that kube-scheduler sends and expects, parsed once. Keys are PascalCase as in
 * k8s.io/kube-scheduler/extender/v1; inside `Pod` and `Nodes` they are the API's own camelCase.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import { messageOf } from '../facts/message-of.ts';
import type { NodeObject } from '../facts/node-facts.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { podFacts } from '../facts/pod-facts.ts';
import type { BindRequest } from '../scheduling/commit.ts';
import type { Decision } from '../scheduling/decide.ts';
import { EXPLAINED_NODES } from '../scheduling/decide.ts';
import type { Score } from '../scheduling/rank.ts';
import { BadRequest } from './bad-request.ts';
import { POD_SHAPE } from './pod-shape.ts';
import { misfit } from './shape.ts';

/** ExtenderArgs: a pod and the nodes that are feasible for it. */
export interface ExtenderArgs {
  readonly pod: PodFacts;
  readonly nodeNames: readonly string[];
  /** What the pod asks of its node; parsed when it is asked for, which is rare. */
  readonly constraints: () => PodConstraints;
  /** Whole Node objects, sent instead of names by a kube-scheduler configured without nodeCacheCapable. */
  readonly nodes: readonly NodeObject[] | undefined;
}

export interface ExtenderFilterResult {
  readonly NodeNames?: readonly string[];
  readonly Nodes?: { readonly items: readonly NodeObject[] };
  readonly FailedAndUnresolvableNodes?: Readonly<Record<string, string>>;
  readonly Error?: string;
}

/** ExtenderPreemptionArgs: a pod that found no place, and whom kube-scheduler would evict for it, by node. */
export interface ExtenderPreemptionArgs {
  readonly pod: PodFacts;
  /** UIDs by node. */
  readonly victims: ReadonlyMap<string, readonly string[]>;
  /** Each node's victims in the form of the answer: by UID, whichever form the question had. */
  readonly metaVictims: Readonly<Record<string, MetaVictims>>;
}

interface MetaVictims {
  readonly Pods: readonly { readonly UID: string }[];
  readonly NumPDBViolations: number;
}

export interface ExtenderPreemptionResult {
  readonly NodeNameToMetaVictims: Readonly<Record<string, MetaVictims>>;
}

export type HostPriorityList = readonly { readonly Host: string; readonly Score: number }[];

export interface ExtenderBindingResult {
  readonly Error: string;
}

/** As Kubernetes limits the names of its objects. */
const LONGEST_NAME = 253;
/** A DNS subdomain, which the names of pods, namespaces and nodes are. */
const NAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
const UID_TEXT = /^[!-~]{1,253}$/;

/** @throws {BadRequest} naming the field that is missing or of the wrong type. */
export function parseExtenderArgs(body: unknown): ExtenderArgs {
  const { Pod, NodeNames, Nodes } = objectOf(body, 'the body');
  const pod = parsePod(Pod);
  const constraints = (): PodConstraints => podConstraints(asObject(Pod));
  if (isNames(NodeNames)) return { pod, constraints, nodeNames: NodeNames, nodes: undefined };
  if (NodeNames !== undefined && NodeNames !== null)
    throw new BadRequest('NodeNames must be a list of node names');
  const nodes = objectOf(Nodes, 'NodeNames or Nodes')['items'];
  if (!isNodes(nodes)) throw new BadRequest('Nodes.items must be a list of nodes with metadata.name');
  return { pod, constraints, nodes, nodeNames: nodes.map((node) => node.metadata.name) };
}

/** @throws {BadRequest} naming the field that is missing or of the wrong type. */
export function parseBindingArgs(body: unknown): BindRequest {
  const args = objectOf(body, 'the body');
  return {
    namespace: checkedName(text(args, 'PodNamespace'), 'PodNamespace'),
    name: checkedName(text(args, 'PodName'), 'PodName'),
    uid: checkedUid(text(args, 'PodUID'), 'PodUID'),
    nodeName: checkedName(text(args, 'Node'), 'Node'),
  };
}

/**
 * kube-scheduler sends UIDs only (NodeNameToMetaVictims) when it is configured nodeCacheCapable, else whole pods
 * (NodeNameToVictims).
 *
 * @throws {BadRequest} naming the field that is missing or of the wrong type.
 */
export function parsePreemptionArgs(body: unknown): ExtenderPreemptionArgs {
  const { Pod, NodeNameToMetaVictims, NodeNameToVictims } = objectOf(body, 'the body');
  const [field, byNode] = isObject(NodeNameToMetaVictims)
    ? ['NodeNameToMetaVictims', NodeNameToMetaVictims]
    : ['NodeNameToVictims', objectOf(NodeNameToVictims, 'NodeNameToMetaVictims or NodeNameToVictims')];
  const metaVictims = Object.fromEntries(
    Object.entries(byNode).map(([node, victims]) => {
      if (!isName(node)) throw new BadRequest(`${field} must be by node name`);
      return [node, parseVictims(victims, `${field}.${node}`)];
    }),
  );
  const victims = new Map(
    Object.entries(metaVictims).map(([node, { Pods }]) => [node, Pods.map(({ UID }) => UID)]),
  );
  return { pod: parsePod(Pod), victims, metaVictims };
}

function parseVictims(value: unknown, path: string): MetaVictims {
  const { Pods, NumPDBViolations = 0 } = objectOf(value, path);
  if (!isCount(NumPDBViolations)) throw new BadRequest(`${path}.NumPDBViolations must be a count`);
  // Go writes an empty list as null.
  const pods: unknown = Pods ?? [];
  if (!Array.isArray(pods)) throw new BadRequest(`${path}.Pods must be a list`);
  return {
    Pods: pods.map((pod: unknown, index) => ({ UID: victimUid(pod, `${path}.Pods[${index}]`) })),
    NumPDBViolations,
  };
}

function victimUid(value: unknown, path: string): string {
  const pod = objectOf(value, path);
  const uid = pod['UID'] ?? asObject(pod['metadata'])['uid'];
  if (typeof uid === 'string' && uid !== '') return checkedUid(uid, path);
  throw new BadRequest(`${path} has no UID`);
}

/** The answer to /preempt: these nodes, each with the victims that were proposed. */
export function preemptionResult(
  { metaVictims }: ExtenderPreemptionArgs,
  nodeNames: readonly string[],
): ExtenderPreemptionResult {
  const allowed = new Set(nodeNames);
  return {
    NodeNameToMetaVictims: Object.fromEntries(
      Object.entries(metaVictims).filter(([node]) => allowed.has(node)),
    ),
  };
}

/** The answer to /filter, in the form (names or objects) of the question. */
export function filterResult(args: ExtenderArgs, decision: Decision): ExtenderFilterResult {
  if (decision.outcome === 'not-ours') return accepted(args, args.nodeNames);
  if (decision.outcome === 'chosen') return accepted(args, decision.nodeNames);
  if (decision.outcome === 'not-ready') return { Error: decision.text };
  return refused(args, decision.text);
}

export function priorityList(scores: readonly Score[]): HostPriorityList {
  return scores.map(({ nodeName, score }) => ({ Host: nodeName, Score: score }));
}

function accepted(args: ExtenderArgs, nodeNames: readonly string[]): ExtenderFilterResult {
  if (args.nodes === undefined) return { NodeNames: nodeNames };
  const wanted = new Set(nodeNames);
  return { Nodes: { items: args.nodes.filter((node) => wanted.has(node.metadata?.name ?? '')) } };
}

/**
 * FailedAndUnresolvableNodes and never FailedNodes: the latter makes kube-scheduler try preemption, whose text lists
 * nodes in random order, and each new text makes it try again, for ever.
 */
function refused(args: ExtenderArgs, reason: string): ExtenderFilterResult {
  const nodes = args.nodeNames.slice(0, EXPLAINED_NODES);
  const FailedAndUnresolvableNodes = Object.fromEntries(nodes.map((name) => [name, reason]));
  return { ...accepted(args, []), FailedAndUnresolvableNodes };
}

function parsePod(value: unknown): PodFacts {
  const pod = objectOf(value, 'Pod');
  const problem = misfit(pod, POD_SHAPE, 'Pod');
  if (problem !== undefined) throw new BadRequest(problem);
  try {
    const facts = podFacts(pod);
    checkedUid(facts.uid, 'Pod.metadata.uid');
    checkedName(facts.name, 'Pod.metadata.name');
    checkedName(facts.namespace, 'Pod.metadata.namespace');
    return facts;
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest(`Pod: ${messageOf(error)}`);
  }
}

function objectOf(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new BadRequest(`${what} must be an object`);
}

function text(from: JsonObject, field: string): string {
  const value = from[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new BadRequest(`${field} is missing or empty`);
}

/** It goes into paths of the API server, and the counts of its pods are kept by it. */
function checkedName(value: string, field: string): string {
  if (value.length <= LONGEST_NAME && NAME.test(value)) return value;
  throw new BadRequest(`${field} cannot be the name of an object`);
}

function checkedUid(value: string, field: string): string {
  if (UID_TEXT.test(value)) return value;
  throw new BadRequest(`${field} cannot be a UID`);
}

/** Short enough for one; nothing more is asked of names that are only looked up and handed back. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_NAME;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isName);
}

function isNodes(value: unknown): value is readonly { metadata: { name: string } }[] {
  return (
    Array.isArray(value) &&
    value.every(
      (node: unknown) => isObject(node) && isObject(node['metadata']) && isName(node['metadata']['name']),
    )
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
