/**
 * A cluster as one sees it at work, as objects for its API server: Spark jobs on ECS and ECI, some full, some waiting, beside
 * other teams' policies.
 *
 * @module
 */
import type { NodeSpec } from '../control-plane/nodes.ts';
import { ecsNode, virtualNode } from '../control-plane/nodes.ts';

const JOB_LABEL = 'sparkoperator.k8s.io/submission-id';
const SPARK_LABEL = 'sparkoperator.k8s.io/launched-by-spark-operator';

export interface Job {
  readonly id: string;
  readonly app: string;
  readonly executors: number;
}

/** Job by job in the order of submission; the first two have more executors than there is room for. */
export const JOBS: readonly Job[] = [
  { id: 'da30f26e-d6c3-4778-9685-973c8f0e3960', app: 'daily-orders', executors: 28 },
  { id: '2729cb01-61f1-4e72-9ff7-8d4c5ff39825', app: 'clickstream', executors: 24 },
  { id: '7f1d8e5c-93b0-4a4c-8d5e-5a2f1c0b7e11', app: 'fraud-features', executors: 17 },
  { id: 'b4a6c2d8-0d57-4b8e-9a33-3d9b66c1f0aa', app: 'inventory-sync', executors: 12 },
  { id: '51c7e0f4-2ab9-4f0d-8f3c-e8d1a94b27c6', app: 'ad-attribution', executors: 7 },
];

export const NODES: readonly NodeSpec[] = [
  ...Array.from({ length: 8 }, (_, index) =>
    ecsNode(`cn-beijing.192.168.0.${10 + index}`, { allocatable: { cpu: '64', memory: '256Gi' } }),
  ),
  virtualNode('virtual-kubelet-cn-beijing-i'),
  virtualNode('acs-virtual-node-cn-beijing-i', { labels: { type: 'virtual-kubelet', pool: 'acs' } }),
];

export interface Manifest {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

function policy(namespace: string, name: string, spec: object): Manifest {
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name, namespace },
    spec,
  };
}

/** At most 10 pods of a job on ECS, then at most 12 on ECI. */
export const SPARK = policy('analytics', 'spark', {
  selector: { [SPARK_LABEL]: 'true' },
  matchLabelKeys: [JOB_LABEL],
  units: [
    { resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: 10 },
    { resource: 'eci', max: 12 },
  ],
});

export const OTHERS: readonly Manifest[] = [
  policy('ml-platform', 'training', {
    selector: { app: 'training' },
    units: [
      { resource: 'ecs', max: 16 },
      { resource: 'acs', nodeSelector: { pool: 'acs' }, max: 8 },
      { resource: 'eci' },
    ],
  }),
  policy('shop', 'checkout', {
    selector: { app: 'checkout' },
    units: [{ resource: 'ecs', max: 24 }, { resource: 'eci' }],
  }),
  policy('finance', 'reports', {
    selector: { app: 'reports' },
    units: [
      { resource: 'ecs', max: 6 },
      { resource: 'eci', max: 6 },
    ],
  }),
];

/** Pods of the other teams. */
export const OTHER_PODS: readonly Manifest[] = [
  ...plainPods('ml-platform', 'training', 21),
  ...plainPods('shop', 'checkout', 33),
  ...plainPods('finance', 'reports', 4),
];

/** The driver, and its executors. */
export function podsOf({ id, app, executors }: Job): readonly Manifest[] {
  return Array.from({ length: executors + 1 }, (_, index) =>
    pod('analytics', index === 0 ? `${app}-driver` : `${app}-${id.slice(0, 8)}-exec-${index}`, {
      [SPARK_LABEL]: 'true',
      [JOB_LABEL]: id,
      'spark-role': index === 0 ? 'driver' : 'executor',
    }),
  );
}

function plainPods(namespace: string, app: string, count: number): readonly Manifest[] {
  return Array.from({ length: count }, (_, index) => pod(namespace, `${app}-${index + 1}`, { app }));
}

function pod(namespace: string, name: string, labels: Readonly<Record<string, string>>): Manifest {
  return {
    metadata: { name, namespace, labels },
    spec: {
      automountServiceAccountToken: false,
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '2', memory: '7Gi' } } }],
    },
  };
}
