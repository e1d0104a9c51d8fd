/**
 * What a pod needs so that its policy can place it, as changes to the pod while it is created. Pure.
 *
 * Each change is one function in {@link MUTATIONS}; they look at the pod as it came and touch different fields. Nothing
 * relies on them: a pod that was created without is counted and limited all the same.
 *
 * @module
 */
import type { PatchOperation } from '../placement/pin.ts';
import { gateOperations, pinOperations } from '../placement/pin.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Arrival } from '../scheduling/arrivals.ts';
import type { AdmittedPod, Toleration } from './admitted-pod.ts';

export interface MutationSettings {
  /** Name of the scheduler that keeps the policies; undefined: pods keep the one they have. */
  readonly schedulerName: string | undefined;
}

/** What a pod that is being created comes to. */
export interface Circumstances {
  /** Those that select the pod: with more than one it will not be scheduled, but that may yet be mended. */
  readonly policies: readonly ResourcePolicy[];
  readonly settings: MutationSettings;
  /** Its place in the line of its group. */
  readonly arrival: Arrival;
}

type Mutation = (pod: AdmittedPod, circumstances: Circumstances) => readonly PatchOperation[];

/** The taint of virtual nodes has this key, whatever its value: providers differ in it. */
const VIRTUAL_NODE_TAINT = 'virtual-kubelet.io/provider';
export const VIRTUAL_NODE_TOLERATION = {
  key: VIRTUAL_NODE_TAINT,
  operator: 'Exists',
  effect: 'NoSchedule',
} as const;

/** What the API server fills in for pods that name no scheduler. */
const DEFAULT_SCHEDULER = 'default-scheduler';

const MUTATIONS: readonly Mutation[] = [tolerateVirtualNodes, nameScheduler, pin, hold];

/** The changes to a pod that is being created; empty: it stays as it is. */
export function mutationsOf(pod: AdmittedPod, circumstances: Circumstances): readonly PatchOperation[] {
  if (!isPlaced(pod) || circumstances.policies.length === 0) return [];
  return MUTATIONS.flatMap((mutation) => mutation(pod, circumstances));
}

/** Whether a scheduler has a say in the pod: one may be created on its node. */
export function isPlaced({ nodeName }: AdmittedPod): boolean {
  return nodeName === undefined;
}

/** Whether the scheduler that the pod will have is the one that keeps the policies. */
export function isOurs({ schedulerName }: AdmittedPod, settings: MutationSettings): boolean {
  const ours = settings.schedulerName ?? DEFAULT_SCHEDULER;
  const isLeftToUs = schedulerName === undefined || schedulerName === DEFAULT_SCHEDULER;
  return isLeftToUs || schedulerName === ours;
}

/** Whether a pod can be changed on account of the policy; if not, nobody needs to ask. */
export function mutatesPodsOf(policy: ResourcePolicy, settings: MutationSettings): boolean {
  return settings.schedulerName !== undefined || mayUseVirtualNodes(policy) || mayBeFull(policy);
}

/** ACK's scheduler lets such pods onto virtual nodes without a toleration of their own (document 398680). */
function tolerateVirtualNodes(
  pod: AdmittedPod,
  { policies }: Pick<Circumstances, 'policies'>,
): readonly PatchOperation[] {
  if (!needsToleration(pod, policies)) return [];
  const list: PatchOperation = { op: 'add', path: '/spec/tolerations', value: [] };
  const toleration: PatchOperation = {
    op: 'add',
    path: '/spec/tolerations/-',
    value: VIRTUAL_NODE_TOLERATION,
  };
  return pod.tolerations.length === 0 ? [list, toleration] : [toleration];
}

/** Whether it gets the toleration for virtual nodes. */
export function needsToleration(pod: AdmittedPod, policies: readonly ResourcePolicy[]): boolean {
  return policies.some(mayUseVirtualNodes) && !pod.tolerations.some(toleratesVirtualNodes);
}

function pin({ object }: AdmittedPod, { arrival }: Circumstances): readonly PatchOperation[] {
  return arrival.kind === 'pinned' ? (pinOperations(object, arrival.pin) ?? []) : [];
}

function hold({ object }: AdmittedPod, { arrival }: Circumstances): readonly PatchOperation[] {
  return arrival.kind === 'held' ? gateOperations(object) : [];
}

function nameScheduler(
  pod: AdmittedPod,
  { settings: { schedulerName } }: Circumstances,
): readonly PatchOperation[] {
  const hasOwn = pod.schedulerName !== undefined && pod.schedulerName !== DEFAULT_SCHEDULER;
  if (schedulerName === undefined || hasOwn) return [];
  return [{ op: 'add', path: '/spec/schedulerName', value: schedulerName }];
}

function mayBeFull({ units, problems }: ResourcePolicy): boolean {
  return problems.length === 0 && units.every(({ max }) => max !== undefined);
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
