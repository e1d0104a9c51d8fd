/**
 * What the rules know of a pod: pruned, immutable data, some hundred bytes each. Pure; the watch, the wire and the
 * tests all make the same facts from the same objects.
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
} from './annotations.ts';
import { asObject } from './json.ts';
import type { Labels } from './labels.ts';
import { labelOf } from './labels.ts';
import { required } from './required.ts';
import type { PodSpecObject, PodStatusObject, Requests } from './requests.ts';
import { requestsOf } from './requests.ts';

/** Annotations with longer values are not kept; none that a policy counts by is. */
const LONGEST_ANNOTATION = 1_024;
/** Never counted by, and long: what the program itself writes, and what kubectl does. */
const NOT_KEPT = /^(resource-policy\.scheduling|kubectl\.kubernetes\.io)\//;

/** Facts of one pod. `undefined` always means that the API object does not say. */
export interface PodFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** Those that a policy may count by: neither the program's own nor kubectl's, values of at most 1,024 characters. */
  readonly annotations: Labels;
  /** What the pod asks for, as kube-scheduler counts it. */
  readonly requests: Requests;
  /** Grows with every change of the pod where it is a number, as it always is in a cluster; empty when absent. */
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
  /** Message of PodScheduled=False, kube-scheduler's last word on a pod that it could not place; gates are not its word. */
  readonly unschedulable: string | undefined;
  readonly nominatedNode: string | undefined;
  /** It has a scheduling gate, whoever's: kube-scheduler does not look at it. */
  readonly isGated: boolean;
  /** One of its gates is that of this program's waiting room. */
  readonly isInWaitingRoom: boolean;
  /** Name of the unit that it may only go to, as it was pinned to nodes of that unit. */
  readonly pinnedUnit: string | undefined;
  /** spec.priority; 0 when absent. */
  readonly priority: number;
  /** Whether it may evict pods of lower priority: spec.preemptionPolicy is not Never. */
  readonly canPreempt: boolean;
  /** Cost that the pod carries, whoever wrote it. */
  readonly deletionCost: string | undefined;
  /** Cost that this program wrote last. */
  readonly ownDeletionCost: string | undefined;
  /** Since when it waits for resources, milliseconds since the epoch by unit name. */
  readonly waitingSince: Readonly<Record<string, number>> | undefined;
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
  readonly spec?: PodSpecObject & {
    readonly nodeName?: string;
    readonly priority?: number;
    readonly preemptionPolicy?: string;
    readonly schedulingGates?: readonly { readonly name?: string }[] | null;
  };
  readonly status?: Omit<PodStatusObject, 'conditions'> & {
    readonly phase?: string;
    readonly nominatedNodeName?: string;
    readonly conditions?:
      | readonly {
          readonly type?: string;
          readonly status?: string;
          readonly reason?: string;
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
  const gates = pod.spec?.schedulingGates ?? [];
  return {
    uid: required(metadata.uid, 'metadata.uid'),
    namespace: required(metadata.namespace, 'metadata.namespace'),
    name: required(metadata.name, 'metadata.name'),
    labels: metadata.labels ?? {},
    annotations: kept(annotations),
    requests: requestsOf(pod.spec ?? {}, pod.status ?? {}),
    resourceVersion: metadata.resourceVersion ?? '',
    createdMs: metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : 0,
    nodeName: nonEmpty(pod.spec?.nodeName),
    terminating: Boolean(metadata.deletionTimestamp),
    priority: pod.spec?.priority ?? 0,
    canPreempt: pod.spec?.preemptionPolicy !== 'Never',
    deletionCost: labelOf(annotations, DELETION_COST_ANNOTATION),
    ownDeletionCost: labelOf(annotations, OWN_COST_ANNOTATION),
    isGated: gates.length > 0,
    isInWaitingRoom: gates.some(({ name }) => name === WAITING_ROOM_GATE),
    pinnedUnit: labelOf(annotations, PINNED_ANNOTATION),
    waitingSince: waits(labelOf(annotations, WAITING_ANNOTATION)),
    recordedPolicy: labelOf(annotations, POLICY_ANNOTATION),
    recordedUnit: labelOf(annotations, UNIT_ANNOTATION),
    ...statusFacts(pod.status ?? {}),
  };
}

/** The pod as it is once a Binding to this node, with these labels and annotations, has landed. */
export function boundTo(
  pod: PodFacts,
  nodeName: string,
  { labels, annotations }: { readonly labels: Labels; readonly annotations: Labels },
): PodFacts {
  return {
    ...pod,
    nodeName,
    labels: { ...pod.labels, ...labels },
    annotations: { ...pod.annotations, ...kept(annotations) },
    deletionCost: labelOf(annotations, DELETION_COST_ANNOTATION) ?? pod.deletionCost,
    ownDeletionCost: labelOf(annotations, OWN_COST_ANNOTATION) ?? pod.ownDeletionCost,
    recordedPolicy: labelOf(annotations, POLICY_ANNOTATION) ?? pod.recordedPolicy,
    recordedUnit: labelOf(annotations, UNIT_ANNOTATION) ?? pod.recordedUnit,
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
    unschedulable:
      scheduled?.status === 'False' && scheduled.reason !== GATED ? (scheduled.message ?? '') : undefined,
    nominatedNode: nonEmpty(status.nominatedNodeName),
  };
}

/**
 * What the API server says of PodScheduled for a pod that is created with gates, and goes on to say when they are gone
 * until kube-scheduler has looked at the pod (applySchedulingGatedCondition in pkg/registry/core/pod/strategy.go, 1.36).
 */
const GATED = 'SchedulingGated';

const NONE: Labels = {};

function kept(annotations: Labels): Labels {
  const entries = Object.entries(annotations).filter(
    ([key, value]) =>
      value.length <= LONGEST_ANNOTATION && !NOT_KEPT.test(key) && key !== DELETION_COST_ANNOTATION,
  );
  return entries.length === 0 ? NONE : Object.fromEntries(entries);
}

/** Anybody may edit the annotation: what is no time by unit name is not there. */
function waits(text: string | undefined): Readonly<Record<string, number>> | undefined {
  if (text === undefined) return undefined;
  try {
    const times = Object.entries(asObject(JSON.parse(text)))
      .map(([unit, since]) => [unit, typeof since === 'string' ? Date.parse(since) : Number.NaN] as const)
      .filter(([, since]) => Number.isFinite(since));
    return times.length === 0 ? undefined : Object.fromEntries(times);
  } catch {
    return undefined;
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
