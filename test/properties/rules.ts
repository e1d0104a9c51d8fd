/**
 * Where a pod counts, stated a second time and without the code under test: ACK's rules as `docs/decisions/009` has
 * them. Slow and plain.
 *
 * @module
 */
import type { Labels } from '../../src/facts/labels.ts';
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { ResourcePolicy, Unit } from '../../src/policy/resource-policy.ts';

/** Nodes by name. */
export type Nodes = ReadonlyMap<string, NodeFacts>;

export function isSelected(policy: ResourcePolicy, pod: PodFacts): boolean {
  return (
    bears(pod.labels, policy.selector) &&
    policy.matchExpressions.every(({ key, operator, values }) => {
      const value = pod.labels[key];
      if (operator === 'Exists' || operator === 'DoesNotExist')
        return (value !== undefined) === (operator === 'Exists');
      return (value !== undefined && values.includes(value)) === (operator === 'In');
    })
  );
}

/** Values of matchLabelKeys; undefined: the pod lacks one. */
export function groupOf(policy: ResourcePolicy, pod: PodFacts): string | undefined {
  const values = policy.matchLabelKeys.map((key) => pod.labels[key]);
  return values.includes(undefined) ? undefined : values.join(',');
}

export function isOfUnit(unit: Unit, node: NodeFacts | undefined): boolean {
  if (node === undefined || !bears(node.labels, unit.nodeSelector)) return false;
  if (unit.resource === undefined) return true;
  return (node.labels['type'] === 'virtual-kubelet') === (unit.resource === 'eci' || unit.resource === 'acs');
}

export interface Place {
  readonly unit: Unit;
  readonly group: string;
}

/** The unit in which a pod counts and its group; undefined: it does not count under the policy. */
export function placeOf(policy: ResourcePolicy, pod: PodFacts, nodes: Nodes): Place | undefined {
  const group = groupOf(policy, pod);
  if (pod.nodeName === undefined || pod.finished || group === undefined) return undefined;
  if (!isSelected(policy, pod)) return undefined;
  if (pod.terminating && policy.ignoreTerminatingPod) return undefined;
  if (policy.ignorePreviousPod && (pod.scheduledMs ?? Infinity) < policy.createdMs) return undefined;
  const unit = recordedUnit(policy, pod, nodes) ?? bornUnit(policy, pod, nodes);
  return unit === undefined ? undefined : { unit, group };
}

/** Pods of the group that count in the unit. */
export function countedIn(
  policy: ResourcePolicy,
  { unit, group }: Place,
  { pods, nodes }: { readonly pods: Iterable<PodFacts>; readonly nodes: Nodes },
): PodFacts[] {
  return [...pods].filter((pod) => {
    const place = placeOf(policy, pod, nodes);
    return place?.unit === unit && place.group === group;
  });
}

/** The unit on whose nodes a bound pod of the policy is, whether it counts there or not. */
export function unitOf(policy: ResourcePolicy, pod: PodFacts, nodes: Nodes): Unit | undefined {
  if (pod.nodeName === undefined || pod.finished || !isSelected(policy, pod)) return undefined;
  const node = nodes.get(pod.nodeName);
  return (
    recordedUnit(policy, pod, nodes) ??
    bornUnit(policy, pod, nodes) ??
    policy.units.find((unit) => isOfUnit(unit, node))
  );
}

/** The one in its Binding, which is believed while the unit holds the node, and where there is no such node. */
function recordedUnit(policy: ResourcePolicy, pod: PodFacts, nodes: Nodes): Unit | undefined {
  if (pod.recordedPolicy !== policy.name) return undefined;
  const node = nodes.get(pod.nodeName ?? '');
  const recorded = policy.units.find(({ name }) => name === pod.recordedUnit);
  return recorded !== undefined && (node === undefined || isOfUnit(recorded, node)) ? recorded : undefined;
}

/** The first that holds the node and whose labels and annotations the pod bears. */
function bornUnit(policy: ResourcePolicy, pod: PodFacts, nodes: Nodes): Unit | undefined {
  const node = nodes.get(pod.nodeName ?? '');
  return policy.units.find(
    (unit) =>
      isOfUnit(unit, node) &&
      bears(pod.labels, unit.podLabels) &&
      bears(pod.annotations, unit.podAnnotations),
  );
}

/** What the pods of a group that count in the unit come to. */
export interface Sum {
  readonly pods: number;
  /** By limit of the unit's maxResources. */
  readonly amounts: readonly number[];
}

export function sumOf(unit: Unit, pods: readonly PodFacts[]): Sum {
  return {
    pods: pods.length,
    amounts: unit.maxResources.map(({ resource }) =>
      pods.reduce((sum, pod) => sum + (pod.requests[resource] ?? 0), 0),
    ),
  };
}

export function isWithin(unit: Unit, { pods, amounts }: Sum): boolean {
  return (
    pods <= (unit.max ?? Infinity) &&
    unit.maxResources.every(({ amount }, limit) => (amounts[limit] ?? 0) <= amount)
  );
}

/** The policy that keeps places for the pod, and the pod's group; undefined: none does, or it is not clear which. */
export function memberOf(
  policies: Iterable<ResourcePolicy>,
  pod: PodFacts,
): { readonly policy: ResourcePolicy; readonly group: string } | undefined {
  const [policy, another] = [...policies].filter((each) => isSelected(each, pod));
  const group = policy === undefined || another !== undefined ? undefined : groupOf(policy, pod);
  return policy === undefined || group === undefined ? undefined : { policy, group };
}

/** Whether some unit has a place left for another pod of the group, be it one that asks for nothing limited. */
export function hasRoom(
  policy: ResourcePolicy,
  group: string,
  cluster: { readonly pods: readonly PodFacts[]; readonly nodes: Nodes },
): boolean {
  return policy.units.some((unit) => {
    const { pods, amounts } = sumOf(unit, countedIn(policy, { unit, group }, cluster));
    return pods < (unit.max ?? Infinity) && isWithin(unit, { pods, amounts });
  });
}

export function bears(labels: Labels, wanted: Labels): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}
