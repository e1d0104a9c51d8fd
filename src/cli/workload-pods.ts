/**
 * The pods that a workload in a file is to have, as the API server would hold them once a controller has made them.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { textsOf } from '../facts/labels.ts';
import { FieldProblem, nameAt, wholeAt, withoutNulls } from './field-problem.ts';
import { AT_RUN_TIME, jobSpecOf } from './job-specs.ts';
import type { Manifest } from './manifests.ts';
import { completedPod } from './pod-manifest.ts';
import { namespaceOf } from './policy-manifest.ts';
import { sparkJob } from './spark-pods.ts';

/** Pods that are alike. */
export interface PodSet {
  /** How many there are to be. */
  readonly count: number;
  /** Labels by which those that exist already are known. */
  readonly existing: Labels;
  /** Whether they are created by the pod of the first set, once that one runs. */
  readonly isCreatedByFirst: boolean;
  /** A name for the one with this number, from 0; a controller may give it another. */
  readonly nameOf: (index: number) => string;
  /** Labels; {@link AT_RUN_TIME} stands for a value that a controller chooses. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: JsonObject;
}

export interface WorkloadPods {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Whose part it is, e.g. the Deployment of a ReplicaSet. */
  readonly owners: readonly { readonly kind: string; readonly name: string }[];
  /** In the order of their creation. */
  readonly sets: readonly PodSet[];
  readonly notes: readonly string[];
}

/** They make pods, in ways that are not planned. */
const NOT_PLANNED: ReadonlySet<string> = new Set(['CronJob', 'DaemonSet', 'ReplicationController']);

/**
 * Undefined for objects that make no pods, bare Pods among them.
 *
 * @param namespace of objects that name none.
 * @throws {FieldProblem} when a field that is read is not as it has to be.
 */
export function workloadPods({ object }: Manifest, namespace: string): WorkloadPods | undefined {
  const job = jobSpecOf(object);
  const kind = String(object['kind']);
  const metadata = asObject(object['metadata']);
  if (job === undefined && !NOT_PLANNED.has(kind)) return undefined;
  const name = nameAt(object);
  const workload = {
    kind,
    namespace: namespaceOf(object, namespace),
    name,
    owners: ownersOf(metadata['ownerReferences']),
  };
  if (job === undefined) return { ...workload, sets: [], notes: [`${kind} ${name} is not planned`] };
  const labels = job.podSets.map((set) => set.labels);
  if (kind === 'SparkApplication') return { ...workload, ...sparkSets(object, name, labels) };
  return { ...workload, sets: [templatedSet(object, name, labels[0] ?? {})], notes: [] };
}

function ownersOf(references: unknown): WorkloadPods['owners'] {
  return (Array.isArray(references) ? references : []).map((reference: unknown) => {
    const { kind, name } = asObject(reference);
    return { kind: String(kind), name: String(name) };
  });
}

function templatedSet(object: JsonObject, name: string, labels: Labels): PodSet {
  const spec = asObject(object['spec']);
  const template = completedPod(spec['template'], 'spec.template');
  const { containers } = asObject(template['spec']);
  if (!Array.isArray(containers) || containers.length === 0)
    throw new FieldProblem('spec.template.spec.containers', 'must list at least one container');
  const kind = String(object['kind']);
  const selector = textsOf(asObject(spec['selector'])['matchLabels']);
  const isSelected = kind !== 'Job' && Object.keys(selector).length > 0;
  return {
    count: countOf(kind, spec),
    existing: kind === 'Job' ? { 'job-name': name } : isSelected ? selector : fixed(labels),
    isCreatedByFirst: false,
    nameOf: (index) => `${name}-${kind === 'StatefulSet' ? index : index + 1}`,
    labels,
    annotations: textsOf(asObject(template['metadata'])['annotations']),
    spec: asObject(template['spec']),
  };
}

function countOf(kind: string, spec: JsonObject): number {
  if (kind !== 'Job') return wholeAt(spec, 'replicas', 'spec', 1);
  const parallelism = wholeAt(spec, 'parallelism', 'spec', 1);
  return Math.min(parallelism, wholeAt(spec, 'completions', 'spec', parallelism));
}

function sparkSets(
  object: JsonObject,
  name: string,
  [driverLabels = {}, executorLabels = {}]: readonly Labels[],
): Pick<WorkloadPods, 'sets' | 'notes'> {
  const job = sparkJob(asObject(withoutNulls(object['spec'])));
  const app = { 'sparkoperator.k8s.io/app-name': name };
  const driver = sparkPod(job.driver.pod, 'spec.driver');
  const executor = sparkPod(job.executor.pod, 'spec.executor');
  const most = `SparkApplication ${name} allocates executors as it needs them: planned with ${job.executor.count}`;
  return {
    sets: [
      {
        ...driver,
        count: 1,
        existing: { ...app, 'spark-role': 'driver' },
        isCreatedByFirst: false,
        nameOf: () => `${name}-driver`,
        labels: { ...driver.labels, ...driverLabels },
      },
      {
        ...executor,
        count: job.executor.count,
        existing: { ...app, 'spark-role': 'executor' },
        isCreatedByFirst: true,
        nameOf: (index) => `${name}-exec-${index + 1}`,
        labels: { ...executor.labels, ...executorLabels },
      },
    ],
    notes: job.isDynamic ? [most] : [],
  };
}

/** @param path where the role stands; what of a pod's spec it says, it says without `spec`. */
function sparkPod(pod: JsonObject, path: string): Pick<PodSet, 'labels' | 'annotations' | 'spec'> {
  try {
    const { metadata, spec } = completedPod(pod, path);
    const { labels, annotations } = asObject(metadata);
    return { labels: textsOf(labels), annotations: textsOf(annotations), spec: asObject(spec) };
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
    throw new FieldProblem(error.path.replace(/^(spec\.\w+)\.(?:spec|metadata)\./, '$1.'), error.message);
  }
}

function fixed(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== AT_RUN_TIME));
}
