/**
 * What `explain` says of nodes is what kube-scheduler itself finds: the same pods and nodes, judged by both. The
 * scheduler is kube-scheduler's default, without extender.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeCapacity } from '../../src/facts/node-capacity.ts';
import type { NodeCapacityObject } from '../../src/facts/node-capacity.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodConstraintsObject } from '../../src/facts/pod-constraints.ts';
import type { PodObject } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import type { Obstacle } from '../../src/placement/node-fit.ts';
import { obstacle } from '../../src/placement/node-fit.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';

type ApiPod = PodObject & PodConstraintsObject & { metadata: { name: string } };

const GPU = 'example.com/gpu';
const NODES = [
  ecsNode('plain', { labels: { pool: 'a', size: '8' } }),
  ecsNode('arm', { labels: { 'kubernetes.io/arch': 'arm64', pool: 'b', size: '16' } }),
  ecsNode('gpu', { allocatable: { [GPU]: '2' }, labels: { pool: 'a' } }),
  ecsNode('small', { allocatable: { cpu: '500m' } }),
  ecsNode('crowded', { allocatable: { pods: '1' } }),
  ecsNode('tainted', { taints: [{ key: 'db', value: 'yes', effect: 'NoSchedule' }] }),
  ecsNode('leaving', { taints: [{ key: 'going', effect: 'NoExecute' }] }),
  ecsNode('reluctant', { taints: [{ key: 'soft', effect: 'PreferNoSchedule' }], labels: { pool: 'c' } }),
  ecsNode('cordoned'),
  virtualNode('eci'),
];

const TOLERATE_ECI = { key: 'virtual-kubelet.io/provider', operator: 'Exists' };
const matching = (key: string, operator: string, ...values: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values }) }] },
        ],
      },
    },
  },
});
/** Extended resources need equal limits. */
const requesting = (requests: object, limits: object = {}) => ({
  containers: [{ name: 'main', image: 'none', resources: { requests, limits } }],
});
const only = (node: string) => ({ nodeSelector: { 'kubernetes.io/hostname': node } });

/** None of them takes so much that another would not fit. */
const PODS: Readonly<Record<string, object>> = {
  anywhere: {},
  'small-only': { ...only('small'), ...requesting({ cpu: '100m' }) },
  'too-big-for-small': { ...only('small'), ...requesting({ cpu: '600m' }) },
  'too-big-for-all': requesting({ cpu: '20', memory: '1Gi' }),
  'too-big-but-for-eci': { ...requesting({ cpu: '20' }), tolerations: [TOLERATE_ECI] },
  'too-much-memory': requesting({ memory: '64Gi', cpu: '20' }),
  'init-container-too-big': {
    initContainers: [{ name: 'init', image: 'none', resources: { requests: { cpu: '20' } } }],
    ...requesting({ cpu: '10m' }),
  },
  'one-gpu': requesting({ [GPU]: '1' }, { [GPU]: '1' }),
  'many-gpus': requesting({ [GPU]: '3' }, { [GPU]: '3' }),
  crowded: only('crowded'),
  'db-with-toleration': {
    ...only('tainted'),
    tolerations: [{ key: 'db', value: 'yes', effect: 'NoSchedule' }],
  },
  'db-with-another-value': {
    ...only('tainted'),
    tolerations: [{ key: 'db', value: 'no', effect: 'NoSchedule' }],
  },
  'db-with-another-effect': {
    ...only('tainted'),
    tolerations: [{ key: 'db', operator: 'Exists', effect: 'NoExecute' }],
  },
  leaving: only('leaving'),
  'leaving-tolerated': { ...only('leaving'), tolerations: [{ operator: 'Exists' }] },
  reluctant: only('reluctant'),
  cordoned: only('cordoned'),
  'cordoned-tolerated': {
    ...only('cordoned'),
    tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }],
  },
  eci: { ...only('eci'), tolerations: [{ ...TOLERATE_ECI, operator: 'Equal', value: 'alibabacloud' }] },
  'eci-without-toleration': only('eci'),
  'pool-a': matching('pool', 'In', 'a', 'z'),
  'no-pool': matching('pool', 'DoesNotExist'),
  'pool-not-a': matching('pool', 'NotIn', 'a'),
  'size-over-8': matching('size', 'Gt', '8'),
  'size-over-16': matching('size', 'Gt', '16'),
  'size-under-9': matching('size', 'Lt', '9'),
  'arm-in-pool-a': { ...matching('pool', 'In', 'a'), nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
  'by-field': {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['arm'] }] },
            { matchExpressions: [{ key: 'pool', operator: 'In', values: ['c'] }] },
          ],
        },
      },
    },
  },
  nowhere: { nodeSelector: { pool: 'none' } },
};

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await createNodes(plane, NODES);
  await plane.kubectl(['cordon', 'cordoned']);
  await createPod('resident', { nodeName: 'crowded' });
  for (const [name, spec] of Object.entries(PODS)) await createPod(name, spec);
});

afterAll(async () => {
  await plane.delete();
});

test('for each pod, the nodes that fit and what keeps it off the others are kube-scheduler’s own', async () => {
  const pods = await items<ApiPod>('/api/v1/namespaces/default/pods');
  const nodes = (await items<NodeCapacityObject>('/api/v1/nodes')).map((node) => nodeCapacity(node));
  const resident = pods.find(({ metadata }) => metadata.name === 'resident');
  expect(resident?.spec?.nodeName).toBe('crowded');

  const expected = new Map<string, { fitting: string[]; reasons: string[] }>();
  for (const pod of pods.filter(({ metadata }) => metadata.name !== 'resident')) {
    const demand = { constraints: podConstraints(pod), requests: podFacts(pod).requests };
    const found = nodes.map((node) => ({
      name: node.name,
      obstacle: obstacle(demand, node, node.name === 'crowded' ? { pods: 1 } : {}),
    }));
    expected.set(pod.metadata.name, {
      fitting: found.filter((node) => node.obstacle === undefined).map(({ name }) => name),
      reasons: found.flatMap((node) =>
        node.obstacle === undefined ? [] : kubeSchedulerReasons(node.obstacle),
      ),
    });
  }
  expect(expected.size).toBe(Object.keys(PODS).length);
  expect([...expected.values()].filter(({ fitting }) => fitting.length > 0).length).toBeGreaterThan(10);

  await plane.scheduler.start();
  const judged = await judgedPods(expected.size);
  const outcomes = [...expected].map(([name, { fitting, reasons }]) => {
    const { nodeName, message = '' } = judged.get(name) ?? {};
    const isRight = nodeName !== undefined && fitting.includes(nodeName);
    return {
      name,
      kubeScheduler: nodeName === undefined ? reasonsIn(message) : isRight ? 'a node that fits' : nodeName,
      explain: fitting.length > 0 ? 'a node that fits' : counted(reasons),
    };
  });
  expect(outcomes.map(({ name, kubeScheduler }) => [name, kubeScheduler])).toEqual(
    outcomes.map((outcome) => [outcome.name, outcome.explain]),
  );
});

/** Waits until kube-scheduler has placed or refused so many pods. */
async function judgedPods(
  count: number,
): Promise<Map<string, { nodeName: string | undefined; message: string | undefined }>> {
  const judged = new Map<string, { nodeName: string | undefined; message: string | undefined }>();
  await expect
    .poll(
      async () => {
        for (const { metadata, spec, status } of await items<ApiPod>('/api/v1/namespaces/default/pods')) {
          const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
          if (condition === undefined || metadata.name === 'resident') continue;
          judged.set(metadata.name, { nodeName: spec?.nodeName, message: condition.message });
        }
        return judged.size;
      },
      { timeout: 60_000 },
    )
    .toBe(count);
  return judged;
}

/** kube-scheduler's words (the ErrReason constants of its plugins, and the sum of untolerated taints). */
function kubeSchedulerReasons({ reason, detail }: Obstacle): readonly string[] {
  switch (reason) {
    case 'cordoned':
      return ['node(s) were unschedulable'];
    case 'untolerated-taint':
      return ['node(s) had untolerated taint(s)'];
    case 'node-affinity':
      return ["node(s) didn't match Pod's node affinity/selector"];
    case 'insufficient-resources':
      return detail
        .split(', ')
        .map((resource) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`));
  }
}

function counted(reasons: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** `0/10 nodes are available: 3 Insufficient cpu, 7 node(s) …. no new claims …` → counts by reason. */
function reasonsIn(message: string): Readonly<Record<string, number>> {
  const [, list = ''] =
    /^0\/\d+ nodes are available: (.*?)\. (?:no new claims|preemption)/.exec(message) ?? [];
  return Object.fromEntries(
    list.split(', ').map((part) => {
      const [, count = '0', reason = part] = /^(\d+) (.*)$/.exec(part) ?? [];
      return [reason, Number(count)];
    }),
  );
}

async function createPod(name: string, spec: object): Promise<void> {
  await plane.api.request('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'none' }], ...spec },
  });
}

async function items<Item>(path: string): Promise<readonly Item[]> {
  return (await plane.api.request<{ items: Item[] }>('GET', path)).items;
}
