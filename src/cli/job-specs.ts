/**
 * The pods that manifests stand for, as far as policies are concerned: how many run at one time, with which labels.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { textsOf } from '../facts/labels.ts';
import type { JobSpec, PodSet } from '../placement/lint-jobs.ts';

/** Stands for a value that a controller chooses at run time. */
export const AT_RUN_TIME = 'set-at-run-time';

/** The job of a manifest; undefined for kinds that make no pods, bare Pods among them. */
export function jobSpecOf(object: JsonObject): JobSpec | undefined {
  const { kind } = object;
  const spec = asObject(object['spec']);
  const name = `${String(kind)} ${nameOf(object)}`;
  switch (kind) {
    case 'SparkApplication':
      return { name, podSets: sparkPods(nameOf(object), spec) };
    case 'Deployment':
    case 'ReplicaSet':
      return {
        name,
        podSets: [templated(spec, count(spec['replicas'], 1), { 'pod-template-hash': AT_RUN_TIME })],
      };
    case 'StatefulSet':
      return { name, podSets: [templated(spec, count(spec['replicas'], 1), STATEFUL_SET_LABELS)] };
    case 'Job': {
      const parallelism = count(spec['parallelism'], 1);
      const pods = Math.min(parallelism, count(spec['completions'], parallelism));
      return { name, podSets: [templated(spec, pods, jobLabels(nameOf(object)))] };
    }
    default:
      return undefined;
  }
}

/** Labels of a bare Pod that will run, or runs; undefined for other objects and for pods that have ended. */
export function podLabels(object: JsonObject): Labels | undefined {
  const { phase } = asObject(object['status']);
  if (object['kind'] !== 'Pod' || phase === 'Succeeded' || phase === 'Failed') return undefined;
  return labelsOf(object);
}

const STATEFUL_SET_LABELS: Labels = {
  'apps.kubernetes.io/pod-index': AT_RUN_TIME,
  'controller-revision-hash': AT_RUN_TIME,
  'statefulset.kubernetes.io/pod-name': AT_RUN_TIME,
};

function jobLabels(name: string): Labels {
  return {
    'batch.kubernetes.io/controller-uid': AT_RUN_TIME,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': AT_RUN_TIME,
    'job-name': name,
  };
}

/** One driver and its executors, with the labels that Spark, spark-submit and Spark Operator give them. */
function sparkPods(name: string, spec: JsonObject): readonly PodSet[] {
  const driver = asObject(spec['driver']);
  const executor = asObject(spec['executor']);
  const dynamic = asObject(spec['dynamicAllocation']);
  const instances = count(executor['instances'], 1);
  const most = dynamic['enabled'] === true ? count(dynamic['maxExecutors'], instances) : instances;
  const common: Labels = {
    'sparkoperator.k8s.io/app-name': name,
    'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
    'sparkoperator.k8s.io/submission-id': AT_RUN_TIME,
    'spark-app-name': name,
    'spark-app-selector': AT_RUN_TIME,
    'spark-version': AT_RUN_TIME,
  };
  return [
    { pods: 1, labels: { ...common, ...textsOf(driver['labels']), 'spark-role': 'driver' } },
    {
      pods: most,
      labels: {
        ...common,
        'spark-exec-id': AT_RUN_TIME,
        ...textsOf(executor['labels']),
        'spark-role': 'executor',
      },
    },
  ];
}

function templated(spec: JsonObject, pods: number, added: Labels): PodSet {
  return { pods, labels: { ...labelsOf(asObject(spec['template'])), ...added } };
}

function labelsOf(object: JsonObject): Labels {
  return textsOf(asObject(object['metadata'])['labels']);
}

function nameOf(object: JsonObject): string {
  const { name } = asObject(object['metadata']);
  return typeof name === 'string' ? name : '(without name)';
}

function count(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : absent;
}
