/**
 * The order of units is exact though kube-scheduler, with its default sampling, offers only some of the nodes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

/** Of 400 nodes kube-scheduler offers 188. */
const OTHERS = 379;
const PAID = 20;
const CPUS = { allocatable: { cpu: '4' } };

describe('in a cluster of 400 nodes, of which kube-scheduler offers 188', () => {
  let plane: ControlPlane;
  let extender: ExtenderProcess;

  beforeAll(async () => {
    plane = await startControlPlane();
    const nodes = Array.from({ length: OTHERS }, (_, i) =>
      ecsNode(`other-${String(i).padStart(3, '0')}`, { ...CPUS, labels: { pool: 'other' } }),
    );
    const paid = Array.from({ length: PAID }, (_, i) =>
      ecsNode(`paid-${i}`, { ...CPUS, labels: { pool: 'paid' } }),
    );
    await createNodes(plane, [...nodes, ...paid, virtualNode('eci-0')]);
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    extender = new ExtenderProcess({ kubeconfigPath: await shippedAccount(plane) });
    await extender.start();
    await extender.ready();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
  });

  afterAll(async () => {
    await plane.delete();
  });

  test('a first unit of 20 nodes is filled before any pod goes on, though all pods come at once', async () => {
    const namespace = await aNamespace('few-nodes', [
      { resource: 'ecs', nodeSelector: { pool: 'paid' } },
      { resource: 'eci' },
    ]);
    await createPods(namespace, 4 * PAID + 20);
    await expect.poll(() => places(namespace), { timeout: 120_000 }).toEqual({ paid: 4 * PAID, eci: 20 });
  });

  test('a last unit of one node takes the rest at once, when the first is at max with hundreds of nodes free', async () => {
    const namespace = await aNamespace('at-max', [
      { resource: 'ecs', nodeSelector: { pool: 'other' }, max: 3 },
      { resource: 'eci' },
    ]);
    await createPods(namespace, 12);
    await expect.poll(() => places(namespace), { timeout: 60_000 }).toEqual({ other: 3, eci: 9 });
  });

  async function aNamespace(name: string, units: readonly object[]): Promise<string> {
    await plane.kubectl(['create', 'namespace', name]);
    await plane.api.request(
      'POST',
      `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${name}/resourcepolicies`,
      {
        apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
        kind: 'ResourcePolicy',
        metadata: { name: 'spark' },
        spec: { units },
      },
    );
    return name;
  }

  async function createPods(namespace: string, count: number): Promise<void> {
    const pods = Array.from({ length: count }, (_, i) => ({
      metadata: { name: `pod-${i}` },
      spec: {
        automountServiceAccountToken: false,
        tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
        containers: [{ name: 'spark', image: 'spark', resources: { requests: { cpu: '1' } } }],
      },
    }));
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await Promise.all(pods.map((pod) => plane.api.request('POST', path, pod)));
  }

  /** How many pods are bound to nodes of each kind. */
  async function places(namespace: string): Promise<Readonly<Record<string, number>>> {
    const { items } = await plane.api.request<{ items: readonly { spec: { nodeName?: string } }[] }>(
      'GET',
      `/api/v1/namespaces/${namespace}/pods`,
    );
    const counts: Record<string, number> = {};
    for (const { spec } of items) {
      const kind = spec.nodeName?.replace(/-\d+$/, '');
      if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }
});
