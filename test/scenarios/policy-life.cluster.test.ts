/**
 * Policies that come, change and go while pods wait and run, under the shipped configuration of kube-scheduler and with
 * the rights of the shipped account.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const POLICIES = '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces';
const WITHIN = { timeout: 20_000 };

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
}

describe('under a policy with 1 pod on ECS and 1 on ECI', () => {
  let plane: ControlPlane;
  let extender: ExtenderProcess;

  beforeAll(async () => {
    plane = await startControlPlane();
    await createNodes(plane, [ecsNode('ecs-0'), virtualNode('eci-0')]);
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

  test('raising max places the waiting pod, though nothing else happens in the cluster', async () => {
    const namespace = await aNamespace('raise');
    await createPods(namespace, ['a', 'b', 'c']);
    await expect
      .poll(() => textOf(namespace, 'c'), WITHIN)
      .toContain('unit 1 ecs is at max 1, unit 2 eci is at max 1');
    await plane.api.request('PATCH', `${POLICIES}/${namespace}/resourcepolicies/spark`, {
      spec: {
        units: [
          { resource: 'ecs', max: 2 },
          { resource: 'eci', max: 1 },
        ],
      },
    });
    await expect.poll(() => nodeOf(namespace, 'c'), WITHIN).toBe('ecs-0');
  });

  test('deleting the policy leaves placement to kube-scheduler alone, waiting pods included', async () => {
    const namespace = await aNamespace('delete');
    await createPods(namespace, ['a', 'b', 'c']);
    await expect.poll(() => textOf(namespace, 'c'), WITHIN).toContain('is at max');
    await plane.api.request('DELETE', `${POLICIES}/${namespace}/resourcepolicies/spark`);
    // Nothing wakes a pod that is no longer ours; kube-scheduler tries it at the next event of any pod.
    await createPods(namespace, ['d']);
    await expect.poll(() => nodeOf(namespace, 'c'), WITHIN).toBeDefined();
    expect((await pod(namespace, 'd')).metadata.annotations ?? {}).not.toHaveProperty([
      'resource-policy.scheduling/unit',
    ]);
  });

  test('a second policy that selects the same pods stops them and names both, until it is gone', async () => {
    const namespace = await aNamespace('conflict');
    await createPolicy(namespace, 'twin');
    await createPods(namespace, ['a']);
    await expect
      .poll(() => textOf(namespace, 'a'), WITHIN)
      .toContain('more than one ResourcePolicy selects this pod: spark, twin');
    await plane.api.request('DELETE', `${POLICIES}/${namespace}/resourcepolicies/twin`);
    await expect.poll(() => nodeOf(namespace, 'a'), WITHIN).toBe('ecs-0');
  });

  test('the pod carries its policy, its unit and, after the first unit, a lower deletion cost', async () => {
    const namespace = await aNamespace('annotations');
    await createPods(namespace, ['a', 'b']);
    await expect.poll(() => nodeOf(namespace, 'b'), WITHIN).toBe('eci-0');
    expect((await pod(namespace, 'a')).metadata.annotations).toMatchObject({
      'resource-policy.scheduling/policy': 'spark',
      'resource-policy.scheduling/unit': 'ecs',
    });
    expect((await pod(namespace, 'b')).metadata.annotations).toMatchObject({
      'resource-policy.scheduling/unit': 'eci',
      'controller.kubernetes.io/pod-deletion-cost': '-100',
    });
  });

  test('the status names the fields that are not yet enforced', async () => {
    const namespace = await aNamespace('status');
    const conditions = async (): Promise<unknown> => {
      const policy = await plane.api.request<{ status?: { conditions: unknown } }>(
        'GET',
        `${POLICIES}/${namespace}/resourcepolicies/spark`,
      );
      return policy.status?.conditions;
    };
    await expect.poll(conditions, WITHIN).toMatchObject([
      { type: 'Ready', status: 'True' },
      { type: 'Enforced', status: 'False', message: 'not yet enforced: spec.preemptPolicy' },
    ]);
  });

  test('SIGTERM ends it with exit code 0; pods then wait, and go on when it is back', async () => {
    const namespace = await aNamespace('term');
    expect(await extender.stop()).toBe(0);
    await createPods(namespace, ['a']);
    await expect.poll(() => textOf(namespace, 'a'), WITHIN).toContain('connection refused');
    await extender.start();
    await expect.poll(() => nodeOf(namespace, 'a'), WITHIN).toBe('ecs-0');
    expect(await extender.stop()).toBe(0);
  });

  test('it was never refused for want of a right', () => {
    expect(extender.log.filter(({ msg }) => /forbidden/i.test(msg))).toEqual([]);
  });

  /** A namespace of its own with the policy `spark` in force. */
  async function aNamespace(name: string): Promise<string> {
    await plane.kubectl(['create', 'namespace', name]);
    await createPolicy(name, 'spark');
    return name;
  }

  async function createPolicy(namespace: string, name: string): Promise<void> {
    await plane.api.request('POST', `${POLICIES}/${namespace}/resourcepolicies`, {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name, namespace },
      spec: {
        units: [
          { resource: 'ecs', max: 1 },
          { resource: 'eci', max: 1 },
        ],
      },
    });
    const key = `${namespace}/${name}`;
    await expect
      .poll(() => extender.log.some(({ msg, policy }) => msg === 'policy in force' && policy === key), WITHIN)
      .toBe(true);
  }

  async function createPods(namespace: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      await plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
        metadata: { name, namespace },
        spec: {
          automountServiceAccountToken: false,
          tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
          containers: [{ name: 'spark', image: 'spark' }],
        },
      });
    }
  }

  function pod(namespace: string, name: string): Promise<Pod> {
    return plane.api.request('GET', `/api/v1/namespaces/${namespace}/pods/${name}`);
  }

  async function nodeOf(namespace: string, name: string): Promise<string | undefined> {
    return (await pod(namespace, name)).spec.nodeName;
  }

  async function textOf(namespace: string, name: string): Promise<string> {
    const { conditions = [] } = (await pod(namespace, name)).status;
    return conditions.find(({ type }) => type === 'PodScheduled')?.message ?? '';
  }
});
