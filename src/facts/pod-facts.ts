/**
 * What the rules know of a pod: pruned, immutable data, some hundred bytes each. Pure; the watch, the wire and the
 * tests all make the same facts from the same objects.
 *
 * @module
 */
import { DELETION_COST_ANNOTATION, POLICY_ANNOTATION, UNIT_ANNOTATION } from './annotations.ts';
import type { Labels } from './labels.ts';
import { labelOf } from './labels.ts';
import { required } from './required.ts';

/** Facts of one pod. `undefined` always means that the API object does not say. */
export interface PodFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** Opaque; compared for equality only. */
  readonly resourceVersion: string;
  /** metadata.creationTimestamp in milliseconds since the epoch (whole seconds); 0 when absent. */
  readonly createdMs: number;
  /** Node the pod is bound to. */
  readonly nodeName: string | undefined;
  /** Phase Succeeded or Failed: such a pod counts nowhere. */
  readonly finished: boolean;
  /** A deletionTimestamp is set. */
  readonly terminating: boolean;
  /** When PodScheduled became True, milliseconds since the epoch (whole seconds). */
  readonly scheduledMs: number | undefined;
  /** Message of PodScheduled=False, kube-scheduler's last word on a pod that it could not place. */
  readonly unschedulable: string | undefined;
  readonly nominatedNode: string | undefined;
  /** spec.priority; 0 when absent. */
  readonly priority: number;
  /** The pod already carries a deletion cost, written by its user, by Spark or by an earlier Binding. */
  readonly hasDeletionCost: boolean;
  readonly recordedPolicy: string | undefined;
  readonly recordedUnit: string | undefined;
}

/** The parts of a Pod object, as the API server and kube-scheduler write it, that become facts. */
export interface PodObject {
  readonly metadata?: {
    readonly uid?: string;
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string | null;
    readonly deletionTimestamp?: string | null;
    readonly labels?: Labels | null;
    readonly annotations?: Labels | null;
  };
  readonly spec?: { readonly nodeName?: string; readonly priority?: number };
  readonly status?: {
    readonly phase?: string;
    readonly nominatedNodeName?: string;
    readonly conditions?:
      | readonly {
          readonly type?: string;
          readonly status?: string;
          readonly message?: string;
          readonly lastTransitionTime?: string | null;
        }[]
      | null;
  };
}

/**
 * Facts of a Pod object.
 *
 * @throws {MissingField} when uid, name or namespace is absent: such a pod cannot be counted.
 */
export function podFacts(pod: PodObject): PodFacts {
  const metadata = pod.metadata ?? {};
  const annotations = metadata.annotations ?? {};
  return {
    uid: required(metadata.uid, 'metadata.uid'),
    namespace: required(metadata.namespace, 'metadata.namespace'),
    name: required(metadata.name, 'metadata.name'),
    labels: metadata.labels ?? {},
    resourceVersion: metadata.resourceVersion ?? '',
    createdMs: metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : 0,
    nodeName: nonEmpty(pod.spec?.nodeName),
    terminating: Boolean(metadata.deletionTimestamp),
    priority: pod.spec?.priority ?? 0,
    hasDeletionCost: Object.hasOwn(annotations, DELETION_COST_ANNOTATION),
    recordedPolicy: labelOf(annotations, POLICY_ANNOTATION),
    recordedUnit: labelOf(annotations, UNIT_ANNOTATION),
    ...statusFacts(pod.status ?? {}),
  };
}

function statusFacts(
  status: NonNullable<PodObject['status']>,
): Pick<PodFacts, 'finished' | 'scheduledMs' | 'unschedulable' | 'nominatedNode'> {
  const scheduled = status.conditions?.find((condition) => condition.type === 'PodScheduled');
  const since = scheduled?.status === 'True' ? scheduled.lastTransitionTime : undefined;
  return {
    finished: status.phase === 'Succeeded' || status.phase === 'Failed',
    scheduledMs: since ? Date.parse(since) : undefined,
    unschedulable: scheduled?.status === 'False' ? (scheduled.message ?? '') : undefined,
    nominatedNode: nonEmpty(status.nominatedNodeName),
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
