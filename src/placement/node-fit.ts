/**
 * Whether a node can take a pod, as far as it can be said without kube-scheduler: of its filters these four, in its
 * order, each by its rule (pkg/scheduler/framework/plugins, 1.36): NodeUnschedulable, TaintToleration, NodeAffinity
 * (nodeSelector and required node affinity) and NodeResourcesFit. Not looked at: ports, volumes, topology spread, pod
 * affinity, resource claims, and room that is kept for nominated pods. So an obstacle is certain, and a node without one
 * is only likely to be feasible. Pure.
 *
 * @module
 */
import { carriesAll, labelOf } from '../facts/labels.ts';
import type { Labels } from '../facts/labels.ts';
import type { NodeCapacity, Taint } from '../facts/node-capacity.ts';
import type { NodeRequirement, NodeTerm, PodConstraints, Toleration } from '../facts/pod-constraints.ts';
import type { Requests } from '../facts/requests.ts';
import { amountOf } from './usage.ts';

/** What keeps a pod off a node. */
export interface Obstacle {
  readonly reason: 'cordoned' | 'untolerated-taint' | 'node-affinity' | 'insufficient-resources';
  /** The taint as kubectl writes it, or the resources, e.g. `cpu, memory`; empty for the others. */
  readonly detail: string;
}

/** The pod's side. */
export interface Demand {
  readonly constraints: PodConstraints;
  readonly requests: Requests;
}

const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/**
 * The first thing that keeps the pod off the node; undefined: nothing that is looked at.
 *
 * @param used summed requests of the pods on the node, `pods` being their number.
 */
export function obstacle(
  { constraints, requests }: Demand,
  node: NodeCapacity,
  used: Requests,
): Obstacle | undefined {
  const { tolerations } = constraints;
  if (node.isCordoned && !isTolerated(CORDON, tolerations)) return { reason: 'cordoned', detail: '' };
  const taint = node.taints.find(
    (each) =>
      (each.effect === 'NoSchedule' || each.effect === 'NoExecute') && !isTolerated(each, tolerations),
  );
  if (taint !== undefined) return { reason: 'untolerated-taint', detail: taintText(taint) };
  if (!isSelected(constraints, node)) return { reason: 'node-affinity', detail: '' };
  if (hasRoom(requests, node, used)) return undefined;
  const lacking = Object.keys(requests).filter((name) => lacks(name, requests, node, used));
  return { reason: 'insufficient-resources', detail: lacking.toSorted().join(', ') };
}

/** Whether the node has what the pod requests; by far the cheapest thing to ask of thousands of nodes. */
export function hasRoom(requests: Requests, node: NodeCapacity, used: Requests): boolean {
  return !Object.keys(requests).some((name) => lacks(name, requests, node, used));
}

function lacks(name: string, requests: Requests, { allocatable }: NodeCapacity, used: Requests): boolean {
  return amountOf(requests, name) > amountOf(allocatable, name) - amountOf(used, name);
}

function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (effect === '' || effect === taint.effect) &&
      (key === '' || key === taint.key) &&
      (operator === 'Exists' || ((operator === '' || operator === 'Equal') && value === taint.value)),
  );
}

function isSelected({ nodeSelector, nodeTerms }: PodConstraints, node: NodeCapacity): boolean {
  if (!carriesAll(node.labels, nodeSelector)) return false;
  return nodeTerms === undefined || nodeTerms.some((term) => termSelects(term, node));
}

/** Whether a term of node affinity selects the node. */
export function termSelects({ labels, fields }: NodeTerm, node: NodeCapacity): boolean {
  if (labels.length === 0 && fields.length === 0) return false;
  const nodeFields: Labels = { 'metadata.name': node.name };
  return (
    labels.every((requirement) => meets(requirement, node.labels)) &&
    fields.every((requirement) => meets(requirement, nodeFields))
  );
}

/** As in Kubernetes, NotIn and DoesNotExist also hold for a node that lacks the label. */
function meets({ key, operator, values }: NodeRequirement, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compare(value, values) > 0;
    case 'Lt':
      return compare(value, values) < 0;
    default:
      return false;
  }
}

/** Positive: the label's number is greater than the requirement's; NaN, so neither, unless both are whole numbers. */
function compare(value: string | undefined, [limit]: readonly string[]): number {
  const whole = /^[+-]?\d+$/;
  if (value === undefined || limit === undefined || !whole.test(value) || !whole.test(limit))
    return Number.NaN;
  return Number(BigInt(value) - BigInt(limit));
}

/** As kubectl writes it: `key=value:effect`. */
function taintText({ key, value, effect }: Taint): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`;
}
