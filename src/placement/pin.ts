/**
 * Pins: a pod whose unit is certain when it is created is tied to that unit's nodes by their names. kube-scheduler then
 * looks at these nodes alone (NodeAffinity's PreFilter narrows to `metadata.name`, plugins/nodeaffinity, 1.36), however
 * many nodes the cluster has. Pure.
 *
 * @module
 */
import { PINNED_ANNOTATION, WAITING_ROOM_GATE } from '../facts/annotations.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';

/** The unit that a pod is tied to. */
export interface Pin {
  readonly unit: Unit;
  /** Those of its nodes that can take the pod. */
  readonly nodeNames: readonly string[];
}

/** One operation of a JSON patch (RFC 6902); adding a field that is there replaces it. */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** Units of more nodes are not pinned to: each name is a term of the pod's affinity. */
export const MOST_PINNED_NODES = 16;

/** The terms of a pod's own affinity times the names: the API server and kube-scheduler look at each. */
const MOST_TERMS = 64;

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** The units that the pod may go to: the one that it is pinned to, if its policy still has it, else all. */
export function unitsOpenTo(
  { pinnedUnit }: Pick<PodFacts, 'pinnedUnit'>,
  policy: ResourcePolicy,
): readonly Unit[] {
  if (pinnedUnit === undefined) return policy.units;
  const pinned = policy.units.filter(({ name }) => name === pinnedUnit);
  return pinned.length === 0 ? policy.units : pinned;
}

/**
 * What pins the pod: required node affinity in addition to its own, and the annotation that says so.
 *
 * @param pod a Pod object that kube-scheduler does not look at yet: its affinity may still be changed. Of one that is stored
 *   already, and held by a gate, terms of its own may be narrowed, and none added (Kubernetes, Pod Scheduling Readiness).
 * @returns undefined: its own affinity names nodes already, has too many terms, or would need more of them than it may get.
 */
export function pinOperations(
  pod: JsonObject,
  { unit, nodeNames }: Pin,
): readonly PatchOperation[] | undefined {
  const affinity = asObject(pod['spec'])['affinity'];
  const nodeAffinity = asObject(affinity)['nodeAffinity'];
  const terms = asObject(asObject(nodeAffinity)[REQUIRED])['nodeSelectorTerms'];
  const own = Array.isArray(terms) ? terms.map(asObject) : [];
  const isPinnable = own.every(
    (term) => !isFilled(term['matchFields']) && isFilled(term['matchExpressions']),
  );
  const pinned = (own.length === 0 ? [{}] : own).flatMap((term) =>
    nodeNames.map((name) => ({
      ...term,
      matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
    })),
  );
  if (!isPinnable || pinned.length > MOST_TERMS) return undefined;
  const isStored = ungateOperations(pod) !== undefined;
  if (isStored && own.length > 0 && nodeNames.length > 1) return undefined;
  const required = { nodeSelectorTerms: pinned };
  const path = '/spec/affinity';
  const change: PatchOperation = !isObject(affinity)
    ? { op: 'add', path, value: { nodeAffinity: { [REQUIRED]: required } } }
    : !isObject(nodeAffinity)
      ? { op: 'add', path: `${path}/nodeAffinity`, value: { [REQUIRED]: required } }
      : { op: 'add', path: `${path}/nodeAffinity/${REQUIRED}`, value: required };
  return [change, ...annotationOperations(pod, PINNED_ANNOTATION, unit.name)];
}

/** Whether a pod that is being created was pinned or held before: webhooks are asked again when others change the pod. */
export function isLookedAt(pod: JsonObject): boolean {
  const annotations = asObject(asObject(pod['metadata'])['annotations']);
  return PINNED_ANNOTATION in annotations || ungateOperations(pod) !== undefined;
}

/** What puts a pod that is being created into the waiting room. */
export function gateOperations(pod: JsonObject): readonly PatchOperation[] {
  const value = { name: WAITING_ROOM_GATE };
  const path = '/spec/schedulingGates';
  return isFilled(asObject(pod['spec'])['schedulingGates'])
    ? [{ op: 'add', path: `${path}/-`, value }]
    : [{ op: 'add', path, value: [value] }];
}

/** What lets a pod out of the waiting room; undefined: it is not in it. */
export function ungateOperations(pod: JsonObject): readonly PatchOperation[] | undefined {
  const gates = asObject(pod['spec'])['schedulingGates'];
  const index = Array.isArray(gates)
    ? gates.findIndex((gate) => asObject(gate)['name'] === WAITING_ROOM_GATE)
    : -1;
  return index === -1 ? undefined : [{ op: 'remove', path: `/spec/schedulingGates/${index}` }];
}

function annotationOperations(pod: JsonObject, key: string, value: string): readonly PatchOperation[] {
  const path = '/metadata/annotations';
  return isObject(asObject(pod['metadata'])['annotations'])
    ? [{ op: 'add', path: `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, value }]
    : [{ op: 'add', path, value: { [key]: value } }];
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
