/**
 * Pods outside every policy have the fate that kube-scheduler alone would give them: the same workload on the same
 * nodes, once with the extender in the scheduler's configuration and once without.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { Stage } from './runner/stage.ts';

const NODES = [
  ecsNode('small', { labels: { zone: 'a' }, allocatable: { cpu: '2' } }),
  ecsNode('large', { labels: { zone: 'b' }, allocatable: { cpu: '8' } }),
  ecsNode('crowded', { labels: { zone: 'c' }, allocatable: { cpu: '2' } }),
  ecsNode('tainted', {
    labels: { zone: 'd' },
    taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
  }),
  virtualNode('virtual'),
];

/** What a pod asks for. Each has one place at most, so that no two runs differ by chance. */
interface Wish {
  readonly name: string;
  readonly cpu?: string;
  readonly metadata?: object;
  readonly spec?: object;
}

const INTO_CROWDED = { nodeSelector: { zone: 'c' } };
const FIRST: readonly Wish[] = [
  { name: 'by-size', cpu: '7' },
  { name: 'by-node-selector', cpu: '1', spec: { nodeSelector: { zone: 'a' } } },
  {
    name: 'by-preference',
    cpu: '500m',
    metadata: { labels: { app: 'web' }, annotations: { 'example.com/note': 'mine' } },
    spec: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] },
            },
          ],
        },
      },
    },
  },
  {
    name: 'by-toleration',
    cpu: '1',
    spec: {
      nodeSelector: { zone: 'd' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    },
  },
  {
    name: 'virtual',
    cpu: '100',
    spec: { tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }] },
  },
  { name: 'low', cpu: '1', spec: { ...INTO_CROWDED, priorityClassName: 'low' } },
  { name: 'middle', cpu: '1', spec: { ...INTO_CROWDED, priorityClassName: 'middle' } },
];
const SECOND: readonly Wish[] = [
  { name: 'preemptor', cpu: '1', spec: { ...INTO_CROWDED, priorityClassName: 'high' } },
  { name: 'too-large', cpu: '99' },
  { name: 'nowhere', spec: { nodeSelector: { zone: 'z' } } },
  { name: 'untolerating', spec: { nodeSelector: { zone: 'd' } } },
  { name: 'gated', spec: { schedulingGates: [{ name: 'example.com/wait' }] } },
  { name: 'of-another-scheduler', spec: { schedulerName: 'other' } },
];

/** What the events about these pods begin with. */
const EVENTS = [
  ...FIRST.map(({ name }) => `${name} Scheduled`),
  'low Preempted',
  'preemptor FailedScheduling',
  'preemptor Scheduled',
  ...['too-large', 'nowhere', 'untolerating'].map((name) => `${name} FailedScheduling`),
];

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: object;
    readonly annotations?: object;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly nominatedNodeName?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

interface Event {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly reason: string;
  readonly message: string;
}

describe('a workload outside every policy', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start();
    for (const [name, value] of Object.entries({ low: 1, middle: 2, high: 3 })) {
      await stage.plane.api.request('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
        metadata: { name },
        value,
      });
    }
  });

  afterAll(async () => {
    await stage.end();
  });

  test('is placed, evicted, explained and marked as by kube-scheduler alone', async () => {
    const withExtender = await fate('with');
    expect(await calls('filter', 'not-ours')).toBeGreaterThanOrEqual(8);
    expect(await calls('preempt', 'not-ours')).toBeGreaterThanOrEqual(1);
    expect(await calls('bind', 'bound')).toBeGreaterThanOrEqual(8);

    const { extenders, ...stock } = shippedSchedulerConfig('in-place.yaml', stage.extender.url);
    expect(extenders).toHaveLength(1);
    await stage.plane.scheduler.stop();
    await stage.extender.stop();
    await stage.plane.scheduler.start({ config: stock });
    const alone = await fate('alone');

    expect(alone.pods['by-size']).toMatchObject({ node: 'large' });
    expect(alone.pods['preemptor']).toMatchObject({ node: 'crowded' });
    expect(alone.pods).not.toHaveProperty('low');
    expect(withExtender).toEqual(alone);
  });

  /** What becomes of the workload: pods, and the reasons that the events about them give. */
  async function fate(
    namespace: string,
  ): Promise<{ pods: Record<string, object>; events: readonly string[] }> {
    const { api } = stage.plane;
    await api.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    await createNodes(stage.plane, NODES);
    await stage.admits(namespace, { priorityClassName: 'high' });
    await api.request(
      'POST',
      `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${namespace}/resourcepolicies`,
      {
        apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
        kind: 'ResourcePolicy',
        metadata: { name: 'of-others' },
        spec: { selector: { app: 'spark' }, units: [{ resource: 'ecs', max: 0 }] },
      },
    );
    await create(namespace, FIRST);
    await waitUntil('the first pods run', async () => {
      const found = await pods(namespace);
      return found.length === FIRST.length && found.every(({ status }) => status.phase === 'Running');
    });
    await create(namespace, SECOND);
    await waitUntil('kube-scheduler has said its word about every pod', async () => {
      const found = await pods(namespace);
      const isDone = found.every(
        ({ metadata, status }) =>
          metadata.name === 'of-another-scheduler' || (status.conditions ?? []).length > 0,
      );
      const preemptor = found.find(({ metadata }) => metadata.name === 'preemptor');
      return isDone && preemptor?.status.phase === 'Running';
    });
    const fateOfPods = await described(namespace);
    // Events are written after the fact, and not in order.
    const events = await waitUntil('kube-scheduler has written its events', async () => {
      const found = await reasons(namespace);
      return EVENTS.every((start) => found.some((text) => text.startsWith(start))) && found;
    });
    await api.request('DELETE', `/api/v1/namespaces/${namespace}/pods`, { gracePeriodSeconds: 0 });
    await waitUntil('its pods are gone', async () => (await pods(namespace)).length === 0);
    await api.request('DELETE', '/api/v1/nodes');
    return { pods: fateOfPods, events };
  }

  async function create(namespace: string, wishes: readonly Wish[]): Promise<void> {
    for (const { name, cpu, metadata, spec } of wishes) {
      const resources = cpu === undefined ? {} : { resources: { requests: { cpu } } };
      await stage.plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
        metadata: { ...metadata, name },
        spec: {
          automountServiceAccountToken: false,
          containers: [{ name: 'main', image: 'none', ...resources }],
          ...spec,
        },
      });
    }
  }

  async function pods(namespace: string): Promise<readonly Pod[]> {
    const { items } = await stage.plane.api.request<{ items: Pod[] }>(
      'GET',
      `/api/v1/namespaces/${namespace}/pods`,
    );
    return items;
  }

  async function described(namespace: string): Promise<Record<string, object>> {
    const entries = (await pods(namespace)).map(({ metadata, spec, status }) => [
      metadata.name,
      {
        node: spec.nodeName,
        labels: metadata.labels,
        annotations: metadata.annotations,
        phase: status.phase,
        nominatedNode: status.nominatedNodeName,
        conditions: (status.conditions ?? [])
          .map(({ type, status: is, reason, message }) => ({ type, status: is, reason, message }))
          .toSorted((one, other) => (one.type < other.type ? -1 : 1)),
      },
    ]);
    return Object.fromEntries(entries) as Record<string, object>;
  }

  /** Without uids and the namespace, each once. */
  async function reasons(namespace: string): Promise<readonly string[]> {
    const { items } = await stage.plane.api.request<{ items: Event[] }>(
      'GET',
      `/api/v1/namespaces/${namespace}/events`,
    );
    const aboutPods = items.filter(({ involvedObject }) => involvedObject.kind === 'Pod');
    const texts = aboutPods.map(({ involvedObject, reason, message }) =>
      `${involvedObject.name} ${reason}: ${message}`
        .replaceAll(`${namespace}/`, '')
        .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID'),
    );
    return [...new Set(texts)].toSorted();
  }

  async function calls(verb: string, outcome: string): Promise<number> {
    const found = new RegExp(`calls_total\\{verb="${verb}",outcome="${outcome}"\\} (\\d+)`).exec(
      await stage.extender.metrics(),
    );
    return Number(found?.[1]);
  }
});
