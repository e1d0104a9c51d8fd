/**
 * Two replicas, each beside a kube-scheduler of its own: the one whose kube-scheduler is at work decides, whichever of them
 * held the lease before.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const POLICY = {
  apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
  kind: 'ResourcePolicy',
  metadata: { name: 'spark' },
  spec: {
    selector: { app: 'spark' },
    units: [
      { resource: 'ecs', max: 2 },
      { resource: 'eci', max: 2 },
    ],
  },
};

function leads({ log }: ExtenderProcess): boolean {
  const last = log.findLast(({ msg }) => /^(no longer )?leading/.test(msg));
  return last?.msg.startsWith('leading') === true;
}

describe('two replicas', () => {
  let plane: ControlPlane;
  let one: ExtenderProcess;
  let other: ExtenderProcess;

  beforeAll(async () => {
    plane = await startControlPlane();
    await createNodes(plane, [ecsNode('ecs-0'), virtualNode('eci-0')]);
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    await plane.api.request(
      'POST',
      '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/default/resourcepolicies',
      POLICY,
    );
    const kubeconfigPath = await shippedAccount(plane);
    one = new ExtenderProcess({ kubeconfigPath });
    other = new ExtenderProcess({ kubeconfigPath });
    await one.start();
    await one.ready();
    await waitUntil('the first replica leads', () => leads(one));
    await other.start();
    await other.ready();
  });

  afterAll(async () => {
    await plane.delete();
  });

  test('the replica that is called gets the lease from the one that is not, and decides', async () => {
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', other.url) });
    await createPod('a');
    await createPod('b');
    await createPod('c');
    await expect.poll(nodes, { timeout: 30_000 }).toEqual(['ecs-0', 'ecs-0', 'eci-0']);
    expect([leads(one), leads(other)]).toEqual([false, true]);
  });

  test('killed, with its kube-scheduler, it is followed by the other, which counts what it bound', async () => {
    await other.kill();
    await plane.scheduler.kill();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', one.url) });
    await createPod('d');
    await createPod('e');
    await expect.poll(nodes, { timeout: 60_000 }).toEqual(['ecs-0', 'ecs-0', 'eci-0', 'eci-0', undefined]);
    await expect
      .poll(async () => (await pods()).at(-1)?.status.conditions?.[0]?.message, { timeout: 30_000 })
      .toContain('unit 1 ecs is at max 2, unit 2 eci is at max 2');
    expect(leads(one)).toBe(true);
  });

  async function createPod(name: string): Promise<void> {
    await plane.api.request('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name, labels: { app: 'spark' } },
      spec: {
        automountServiceAccountToken: false,
        tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
        containers: [{ name: 'spark', image: 'spark' }],
      },
    });
  }

  interface Pod {
    readonly spec: { readonly nodeName?: string };
    readonly status: { readonly conditions?: readonly { readonly message?: string }[] };
  }

  async function pods(): Promise<readonly Pod[]> {
    const list = await plane.api.request<{ items: readonly Pod[] }>('GET', '/api/v1/namespaces/default/pods');
    return list.items;
  }

  async function nodes(): Promise<readonly (string | undefined)[]> {
    return (await pods()).map(({ spec }) => spec.nodeName);
  }
});
