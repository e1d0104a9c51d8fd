/**
 * What a pod needs so that its policy can place it, as changes to the pod while it is created. Pure.
 *
 * Each change is one function in {@link MUTATIONS}; they look at the pod as it came and touch different fields. Nothing
 * relies on them: a pod that was created without is counted and limited all the same.
 *
 * @module
 */
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { AdmittedPod, Toleration } from './admitted-pod.ts';

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

export interface MutationSettings {
  /** Name of the scheduler that keeps the policies; undefined: pods keep the one they have. */
  readonly schedulerName: string | undefined;
}

type Mutation = (
  pod: AdmittedPod,
  policies: readonly ResourcePolicy[],
  settings: MutationSettings,
) => readonly PatchOperation[];

/** The taint of virtual nodes has this key, whatever its value: providers differ in it. */
const VIRTUAL_NODE_TAINT = 'virtual-kubelet.io/provider';

/** What the API server fills in for pods that name no scheduler. */
const DEFAULT_SCHEDULER = 'default-scheduler';

const MUTATIONS: readonly Mutation[] = [tolerateVirtualNodes, nameScheduler];

/**
 * The changes to a pod that is being created.
 *
 * @param policies those that select the pod: with more than one it will not be scheduled, but that may yet be mended.
 * @returns empty: the pod stays as it is.
 */
export function mutationsOf(
  pod: AdmittedPod,
  policies: readonly ResourcePolicy[],
  settings: MutationSettings,
): readonly PatchOperation[] {
  // No scheduler has a say in a pod that is created on its node.
  if (pod.nodeName !== undefined || policies.length === 0) return [];
  return MUTATIONS.flatMap((mutation) => mutation(pod, policies, settings));
}

/** Whether a pod can be changed on account of the policy; if not, nobody needs to ask. */
export function mutatesPodsOf(policy: ResourcePolicy, settings: MutationSettings): boolean {
  return settings.schedulerName !== undefined || mayUseVirtualNodes(policy);
}

/** ACK's scheduler lets such pods onto virtual nodes without a toleration of their own (document 398680). */
function tolerateVirtualNodes(
  pod: AdmittedPod,
  policies: readonly ResourcePolicy[],
): readonly PatchOperation[] {
  if (!policies.some(mayUseVirtualNodes) || pod.tolerations.some(toleratesVirtualNodes)) return [];
  const list: PatchOperation = { op: 'add', path: '/spec/tolerations', value: [] };
  const value = { key: VIRTUAL_NODE_TAINT, operator: 'Exists', effect: 'NoSchedule' };
  const toleration: PatchOperation = { op: 'add', path: '/spec/tolerations/-', value };
  return pod.tolerations.length === 0 ? [list, toleration] : [toleration];
}

function nameScheduler(
  pod: AdmittedPod,
  _policies: readonly ResourcePolicy[],
  { schedulerName }: MutationSettings,
): readonly PatchOperation[] {
  const hasOwn = pod.schedulerName !== undefined && pod.schedulerName !== DEFAULT_SCHEDULER;
  if (schedulerName === undefined || hasOwn) return [];
  return [{ op: 'add', path: '/spec/schedulerName', value: schedulerName }];
}

/** Not with a broken policy, which may select pods that were not meant: without the toleration they cost nothing. */
function mayUseVirtualNodes({ units, problems }: ResourcePolicy): boolean {
  const isVirtual = units.some(
    ({ resource }) => resource === 'eci' || resource === 'acs' || resource === 'elastic',
  );
  return isVirtual && problems.length === 0;
}

/** Whatever the taint's value is. Absent operator is Equal, absent key and effect mean all, as in Kubernetes. */
function toleratesVirtualNodes({ key, operator, effect }: Toleration): boolean {
  return (
    operator === 'Exists' &&
    (key === undefined || key === VIRTUAL_NODE_TAINT) &&
    (effect === undefined || effect === 'NoSchedule')
  );
}
