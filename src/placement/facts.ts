/**
 * What the rules know of a pod and of a node: pruned, immutable data, some hundred bytes each. First room of the
 * flow; imports nothing, so that the watch, the wire and the tests all make the same facts from the same objects.
 *
 * @module
 */

/** Annotation of a bound pod: name of the policy that placed it. Written in the Binding, never patched later. */
export const POLICY_ANNOTATION = 'resource-policy.scheduling/policy';
/** Annotation of a bound pod: name of its unit (see {@link import('../policy/resource-policy.ts').Unit}). */
export const UNIT_ANNOTATION = 'resource-policy.scheduling/unit';
/** Annotation changed on a waiting pod only to make kube-scheduler look at it again; its value means nothing. */
export const WAKE_ANNOTATION = 'resource-policy.scheduling/woken-at';

export type Labels = Readonly<Record<string, string>>;

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
  readonly recordedPolicy: string | undefined;
  readonly recordedUnit: string | undefined;
}

export interface NodeFacts {
  readonly uid: string;
  readonly name: string;
  readonly labels: Labels;
  readonly resourceVersion: string;
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
  readonly spec?: { readonly nodeName?: string };
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

export interface NodeObject {
  readonly metadata?: {
    readonly uid?: string;
    readonly name?: string;
    readonly resourceVersion?: string;
    readonly labels?: Labels | null;
  };
}

/** An object from the wire lacks what identifies it. */
export class MissingField extends Error {
  readonly field: string;

  constructor(field: string) {
    super(`${field} is missing or empty`);
    this.field = field;
  }
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
  };
}

/** Value of a label or annotation; never something inherited, whatever the key is called. */
export function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Whether `labels` carry every pair of `wanted`. Empty `wanted` matches everything, as in Kubernetes. */
export function carriesAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labelOf(labels, key) === value);
}

function required(value: string | undefined, field: string): string {
  if (typeof value !== 'string' || value === '') throw new MissingField(field);
  return value;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
