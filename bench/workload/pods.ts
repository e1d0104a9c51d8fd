/**
 * The pods of a workload: executors as Spark makes them (labels, environment, size of the object).
 *
 * @module
 */
import type { NodeGroup } from './format.ts';
import type { PlannedNode } from './nodes.ts';
import type { Amounts } from './quantity.ts';
import { parseAmounts } from './quantity.ts';
import { roomOf, type Workload } from './workload.ts';

export const NAMESPACE = 'default';
export const SELECTED = { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' } as const;
export const GROUP_LABEL = 'sparkoperator.k8s.io/submission-id';

/** `standing`: bound from the start. `waiting`: there before the measured ones. */
export type PodRole = 'standing' | 'waiting' | 'measured';

export interface PlannedPod {
  readonly name: string;
  readonly role: PodRole;
  /** Undefined: outside the policy. */
  readonly job: string | undefined;
  readonly requests: { readonly cpu?: string; readonly memory?: string };
  readonly amounts: Amounts;
  /** Undefined: for kube-scheduler to place. */
  readonly nodeName: string | undefined;
}

/**
 * The pods that are measured, in the order in which they are created: the jobs run side by side, each makes one executor
 * after the other.
 */
export function measuredPods({ jobs }: Workload): readonly PlannedPod[] {
  const amounts = parseAmounts({ ...jobs.requests, pods: '1' });
  return Array.from({ length: jobs.executors }, (_, executor) =>
    Array.from({ length: jobs.count }, (__, job) => ({
      name: `spark-pi-${job}-exec-${executor + 1}`,
      role: 'measured' as const,
      job: `job-${job}`,
      requests: jobs.requests,
      amounts,
      nodeName: undefined,
    })),
  ).flat();
}

/** Jobs that fill all their units, and have `waiting.pods` more than that. */
export function waitingPods({ waiting, units, jobs }: Workload): readonly PlannedPod[] {
  if (waiting === undefined) return [];
  const amounts = parseAmounts({ ...jobs.requests, pods: '1' });
  return Array.from({ length: waiting.jobs }, (_, job) => {
    const share = Math.floor(waiting.pods / waiting.jobs) + (job < waiting.pods % waiting.jobs ? 1 : 0);
    return Array.from({ length: roomOf(units) + share }, (__, executor) => ({
      name: `waiting-${job}-exec-${executor + 1}`,
      role: 'waiting' as const,
      job: `waiting-${job}`,
      requests: jobs.requests,
      amounts,
      nodeName: undefined,
    }));
  }).flat();
}

/** The pods that nodes have from the start. */
export function standingPods(nodes: readonly PlannedNode[]): readonly PlannedPod[] {
  const next = new Map<NodeGroup, number>();
  return nodes.flatMap(({ spec, group }, node) => {
    const { standing } = group;
    if (standing === undefined) return [];
    const { perNode, requests = {}, jobs } = standing;
    const amounts = parseAmounts({ ...requests, pods: '1' });
    return Array.from({ length: perNode }, (_, pod) => {
      const number = next.get(group) ?? 0;
      next.set(group, number + 1);
      return {
        name: `standing-${node}-${pod}`,
        role: 'standing' as const,
        // Turn by turn, so that each job is spread over the nodes.
        job: jobs === undefined ? undefined : `standing-${group.kind}-${number % jobs}`,
        requests,
        amounts,
        nodeName: spec.name,
      };
    });
  });
}

/** As a user creates it. @param affinity the pod's nodeAffinity; absent: none. */
export function podManifest(pod: PlannedPod, affinity?: object): object {
  const { name, job, requests, nodeName } = pod;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: job === undefined ? {} : executorLabels(name, job) },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(affinity === undefined ? {} : { affinity: { nodeAffinity: affinity } }),
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      containers: [
        {
          name: 'spark-kubernetes-executor',
          image: 'spark:3.5.2',
          args: ['executor'],
          env: ENVIRONMENT,
          resources: { requests },
        },
      ],
    },
  };
}

/** What a real executor carries, which is most of its size. */
const ENVIRONMENT = Array.from({ length: 20 }, (_, variable) => ({
  name: `SPARK_JAVA_OPT_${variable}`,
  value: `-Dspark.setting.${variable}=something-of-ordinary-length-${variable}`,
}));

function executorLabels(name: string, job: string): Readonly<Record<string, string>> {
  return {
    ...SELECTED,
    [GROUP_LABEL]: job,
    'sparkoperator.k8s.io/app-name': job,
    'spark-role': 'executor',
    'spark-exec-id': name.slice(name.lastIndexOf('-') + 1),
    'spark-app-name': job,
    'spark-app-selector': `spark-${job}`,
    'spark-version': '3.5.2',
  };
}
