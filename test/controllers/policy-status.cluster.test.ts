/**
 * What `kubectl get` and `kubectl describe` tell of policies, with the rights of the shipped account: on a real API
 * server, with pods placed by a real kube-scheduler, and by the one of two processes that leads.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/cluster/api-client.ts';
import { Credentials } from '../../src/cluster/credentials.ts';
import { EventRecorder } from '../../src/cluster/events.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import type { LogLine } from '../support/extender-process.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const POLICIES = '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/resource-policy';
const WITHIN = { timeout: 20_000 };
/** Shorter than the lease, which is 15 s. */
const BEFORE_THE_LEASE_ENDS = { timeout: 10_000 };
/** The lease, and time to look at it. */
const AFTER_THE_LEASE = { timeout: 40_000 };

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface Policy {
  readonly metadata: { readonly resourceVersion: string; readonly uid: string };
  readonly status?: {
    readonly observedGeneration: number;
    readonly summary: string;
    readonly waiting: number;
    readonly conditions: readonly Condition[];
    readonly [field: string]: unknown;
  };
}

interface Event {
  readonly involvedObject: { readonly name: string };
  readonly reason: string;
  readonly message: string;
  readonly series?: { readonly count: number };
}

function leads(extender: ExtenderProcess, from = 0): boolean {
  return extender.log.slice(from).some(({ msg }) => msg.startsWith('leading'));
}

describe('with two processes, of which the first leads', () => {
  let plane: ControlPlane;
  let first: ExtenderProcess;
  let second: ExtenderProcess;
  let kubeconfigPath: string;

  beforeAll(async () => {
    plane = await startControlPlane();
    await createNodes(plane, [ecsNode('ecs-0'), virtualNode('eci-0')]);
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    kubeconfigPath = await shippedAccount(plane);
    first = new ExtenderProcess({ kubeconfigPath });
    second = new ExtenderProcess({ kubeconfigPath });
    await first.start();
    await first.ready();
    await waitUntil('the first leads', () => leads(first));
    await second.start();
    await second.ready();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', first.url) });
  });

  afterAll(async () => {
    await plane.delete();
  });

  test('“is it full?” is answered at a glance, for all groups together', async () => {
    const namespace = await aNamespace('columns');
    await createPolicy(namespace, 'spark', { matchLabelKeys: ['job'] });
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 0/2, 0/3 0 True False AGE');
    for (const job of ['a', 'b']) await createPods(namespace, 6, { job });

    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 4/4, 6/6 2 True False AGE');
    expect(await plane.kubectl(['get', 'resourcepolicies', '--namespace', namespace])).toMatch(
      /^NAME +USED +WAITING +READY +CONFLICTING +AGE\n/,
    );
    expect((await policy(namespace, 'spark')).status).toMatchObject({
      units: [
        { index: 0, name: 'ecs', used: 4, max: 2, nodes: 1, deletionCost: 0 },
        { index: 1, name: 'eci', used: 6, max: 3, nodes: 1, deletionCost: -100 },
      ],
      groups: [
        { key: 'a', used: [2, 3], waiting: 1 },
        { key: 'b', used: [2, 3], waiting: 1 },
      ],
      groupCount: 2,
    });
  });

  test('every change is told of: pods that go, a max that is raised', async () => {
    const namespace = await aNamespace('changes');
    await createPolicy(namespace, 'spark');
    await createPods(namespace, 6);
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 2/2, 3/3 1 True False AGE');

    await patchPolicy(namespace, 'spark', { units: [{ resource: 'ecs', max: 9 }, { resource: 'eci' }] });
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 3/9, 3/- 0 True False AGE');
    expect((await policy(namespace, 'spark')).status?.observedGeneration).toBe(2);

    await plane.kubectl(['delete', 'pods', '--all', '--namespace', namespace]);
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 0/9, 0/- 0 True False AGE');
  });

  test('nothing is written when nothing changes', async () => {
    const namespace = await aNamespace('settled');
    await createPolicy(namespace, 'spark');
    await createPolicy(namespace, 'probe', { selector: { app: 'none' } });
    await createPods(namespace, 6);
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 2/2, 3/3 1 True False AGE');
    await expect.poll(() => observed(namespace, 'probe'), WITHIN).toBe(1);
    const { resourceVersion } = (await policy(namespace, 'spark')).metadata;

    // Each of these is written a second after the one before at the soonest, and a pod of the policy changes in each.
    for (const generation of [2, 3, 4]) {
      await plane.kubectl([
        'annotate',
        'pods',
        '--all',
        '--overwrite',
        `round=${generation}`,
        '--namespace',
        namespace,
      ]);
      await patchPolicy(namespace, 'probe', { units: [{ resource: 'ecs', max: generation }] });
      await expect.poll(() => observed(namespace, 'probe'), WITHIN).toBe(generation);
    }

    expect((await policy(namespace, 'spark')).metadata.resourceVersion).toBe(resourceVersion);
  });

  test('a status that somebody else wrote is put right', async () => {
    const namespace = await aNamespace('put-right');
    await createPolicy(namespace, 'spark');
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 0/2, 0/3 0 True False AGE');

    await plane.api.request('PATCH', `${POLICIES}/${namespace}/resourcepolicies/spark/status`, {
      status: { summary: '2/2, 3/3', waiting: 99 },
    });

    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 0/2, 0/3 0 True False AGE');
  });

  test('two policies that select the same pods say so, in their status and in events', async () => {
    const namespace = await aNamespace('conflict');
    await createPolicy(namespace, 'spark');
    await createPolicy(namespace, 'twin', { selector: { app: 'spark' } });
    await createPods(namespace, 2, { app: 'spark' });

    await expect
      .poll(() => condition(namespace, 'spark', 'Conflicting'), WITHIN)
      .toMatchObject({
        status: 'True',
        reason: 'OtherPolicies',
        message: '2 waiting pods are selected by twin too: a pod is placed only when one policy selects it',
      });
    await expect.poll(() => row(namespace, 'twin'), WITHIN).toEqual('twin 0/2, 0/3 2 True True AGE');
    await expect
      .poll(() => events(namespace), WITHIN)
      .toEqual([
        'spark OtherPolicies once: waiting pods are selected by twin too: a pod is placed only when one policy selects it',
        'twin OtherPolicies once: waiting pods are selected by spark too: a pod is placed only when one policy selects it',
      ]);
    expect(await describePolicy(namespace, 'spark')).toMatch(
      /^Events:\n.*\n.*\n +Warning +OtherPolicies +\S+ +resource-policy +waiting pods are selected by twin too: /m,
    );
    expect(await plane.kubectl(['get', 'events', '--namespace', namespace])).toMatch(
      /Warning +OtherPolicies +resourcepolicy\/spark +waiting pods are selected by twin too: /,
    );

    await plane.kubectl(['delete', 'resourcepolicy', 'twin', '--namespace', namespace]);
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 2/2, 0/3 0 True False AGE');
    expect(await events(namespace)).toHaveLength(2);
  });

  test('a unit whose nodes do not exist is named, until they do', async () => {
    const namespace = await aNamespace('no-nodes');
    await createPolicy(namespace, 'spark', {
      units: [{ resource: 'ecs', nodeSelector: { pool: 'new' }, max: 2 }, { resource: 'eci' }],
    });

    await expect
      .poll(() => condition(namespace, 'spark', 'UnreachableUnits'), WITHIN)
      .toMatchObject({
        status: 'True',
        reason: 'NoNode',
        message: expect.stringContaining('no node of the cluster carries pool=new'),
      });
    await expect
      .poll(() => events(namespace), WITHIN)
      .toEqual(['spark NoNode once: spec.units[0].nodeSelector: no node belongs to the unit']);

    await createNodes(plane, [ecsNode('ecs-new', { labels: { pool: 'new' } })]);
    await expect
      .poll(() => condition(namespace, 'spark', 'UnreachableUnits'), WITHIN)
      .toMatchObject({ status: 'False' });
  });

  test('a cost that somebody else wrote is counted, and left alone', async () => {
    const namespace = await aNamespace('cost');
    await createPolicy(namespace, 'spark');
    await createPods(namespace, 1);
    await expect.poll(() => row(namespace, 'spark'), WITHIN).toEqual('spark 1/2, 0/3 0 True False AGE');

    const cost = 'controller.kubernetes.io/pod-deletion-cost=-5';
    await plane.kubectl(['annotate', 'pods', '--all', cost, '--namespace', namespace]);

    await expect
      .poll(() => condition(namespace, 'spark', 'CostOverridden'), WITHIN)
      .toMatchObject({
        status: 'True',
        message: expect.stringMatching(/^1 pod carries a deletion cost that somebody else wrote/),
      });
    await expect
      .poll(() => events(namespace), WITHIN)
      .toEqual([expect.stringMatching(/^spark ForeignCost once: pods carry a deletion cost /)]);
  });

  test('an event that is reported again has a higher count', async () => {
    const namespace = await aNamespace('repeated');
    await createPolicy(namespace, 'spark');
    const { uid } = (await policy(namespace, 'spark')).metadata;
    const client = new ApiClient({ credentials: Credentials.load({ kubeconfigPath }) });
    const recorder = new EventRecorder(client, 'test');
    const report = () =>
      recorder.report({ namespace, name: 'spark', uid }, { reason: 'Tested', message: 'again' }, 0);

    expect([await report(), await report(), await report()]).toEqual(['created', 'repeated', 'repeated']);

    await client.close();
    expect(await events(namespace)).toEqual(['spark Tested 3 times: again']);
    expect(await describePolicy(namespace, 'spark')).toMatch(
      /^ +Warning +Tested +\S+ \(x3 over \S+\) +resource-policy +again$/m,
    );
  });

  test('a lease that is deleted is made again, and the leader stays', async () => {
    const before = await holder();

    await plane.kubectl(['delete', 'lease', 'resource-policy', '--namespace', 'kube-system']);

    await expect.poll(() => holder().catch(() => undefined), WITHIN).toBe(before);
    expect(first.log.filter(({ msg }) => msg === 'no longer leading')).toEqual([]);
  });

  test('the second takes over when the first is killed, and repeats no event', async () => {
    const namespace = await aNamespace('takeover');
    await createPolicy(namespace, 'spark', { units: [{ resource: 'ecs', max: 2, spotInstance: true }] });
    await expect
      .poll(() => events(namespace), WITHIN)
      .toEqual(['spark FieldsNotEnforced once: not enforced: spec.units[0].spotInstance']);
    expect([leads(first), leads(second)]).toEqual([true, false]);
    const before = await holder();

    await first.kill();
    await patchPolicy(namespace, 'spark', { units: [{ resource: 'ecs', max: 7, spotInstance: true }] });

    await expect.poll(() => row(namespace, 'spark'), AFTER_THE_LEASE).toEqual('spark 0/7 0 True False AGE');
    expect(leads(second)).toBe(true);
    expect(await holder()).not.toBe(before);
    expect(await events(namespace)).toEqual([
      'spark FieldsNotEnforced once: not enforced: spec.units[0].spotInstance',
    ]);
  });

  test('a leader that is stopped hands over at once', async () => {
    await first.start();
    await first.ready();
    const from = first.log.length;

    expect(await second.stop()).toBe(0);

    await expect.poll(() => leads(first, from), BEFORE_THE_LEASE_ENDS).toBe(true);
  });

  test('no right was missing', () => {
    const log = [...first.log, ...second.log];
    expect(log.filter(({ msg }) => /forbidden|may not/i.test(msg))).toEqual([]);
  });

  test('without the right to the lease nothing is decided, and it says so once, until it has the right', async () => {
    const namespace = await aNamespace('forbidden');
    await plane.kubectl(['delete', 'rolebinding', 'resource-policy', '--namespace', 'kube-system']);
    expect(await first.stop()).toBe(0);
    const from = first.log.length;
    await first.start();
    await first.ready();
    await createPolicy(namespace, 'spark');
    await createPods(namespace, 2);

    const field = (path: string): Promise<string> =>
      plane.kubectl(['get', 'pods', '--namespace', namespace, '-o', `jsonpath={.items[*]${path}}`]);
    await expect
      .poll(() => field('.status.conditions[0].message'), WITHIN)
      .toMatch(/^(resource-policy waits for its lease: .* ?){2}$/);
    // An API server that starts refuses for a moment, too: only what lasts is an error.
    const errors = (): readonly LogLine[] =>
      first.log.slice(from).filter(({ level, lease }) => level === 'error' && lease !== undefined);
    await expect.poll(errors, WITHIN).toMatchObject([
      {
        lease: 'kube-system/resource-policy',
        msg: expect.stringContaining('the account may not use the lease, so nothing is decided'),
      },
    ]);
    expect((await policy(namespace, 'spark')).status).toBeUndefined();

    await plane.kubectl(['apply', '-f', 'deploy/rbac.yaml']);
    await expect.poll(() => field('.spec.nodeName'), AFTER_THE_LEASE).toMatch(/^ecs-\w+ ecs-\w+$/);
  });

  async function holder(): Promise<string> {
    const lease = await plane.api.request<{ spec: { holderIdentity: string } }>('GET', LEASE);
    return lease.spec.holderIdentity;
  }

  async function aNamespace(name: string): Promise<string> {
    await plane.kubectl(['create', 'namespace', name]);
    return name;
  }

  /** At most 2 pods of a group on ECS and 3 on ECI, unless told otherwise. */
  async function createPolicy(namespace: string, name: string, spec: object = {}): Promise<void> {
    await plane.api.request('POST', `${POLICIES}/${namespace}/resourcepolicies`, {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name, namespace },
      spec: {
        units: [
          { resource: 'ecs', max: 2 },
          { resource: 'eci', max: 3 },
        ],
        ...spec,
      },
    });
    const key = `${namespace}/${name}`;
    await expect
      .poll(
        () => first.log.some(({ msg, policy: seen }) => msg === 'policy in force' && seen === key),
        WITHIN,
      )
      .toBe(true);
  }

  async function patchPolicy(namespace: string, name: string, spec: object): Promise<void> {
    await plane.api.request('PATCH', `${POLICIES}/${namespace}/resourcepolicies/${name}`, { spec });
  }

  async function createPods(
    namespace: string,
    count: number,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      await plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
        metadata: { generateName: 'pod-', namespace, labels },
        spec: {
          automountServiceAccountToken: false,
          tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
          containers: [{ name: 'spark', image: 'spark' }],
        },
      });
    }
  }

  function policy(namespace: string, name: string): Promise<Policy> {
    return plane.api.request('GET', `${POLICIES}/${namespace}/resourcepolicies/${name}`);
  }

  async function observed(namespace: string, name: string): Promise<number | undefined> {
    return (await policy(namespace, name)).status?.observedGeneration;
  }

  async function condition(namespace: string, name: string, type: string): Promise<Condition | undefined> {
    return (await policy(namespace, name)).status?.conditions.find((each) => each.type === type);
  }

  /** The policy's line of `kubectl get`. */
  async function row(namespace: string, name: string): Promise<string> {
    const args = ['get', 'resourcepolicy', name, '--no-headers', '--namespace', namespace];
    return (await plane.kubectl(args)).trim().replaceAll(/ +/g, ' ').replace(/\S+$/, 'AGE');
  }

  function describePolicy(namespace: string, name: string): Promise<string> {
    return plane.kubectl(['describe', 'resourcepolicy', name, '--namespace', namespace]);
  }

  /** Events on policies: of which, why, how often, and what they say. */
  async function events(namespace: string): Promise<readonly string[]> {
    const list = await plane.api.request<{ items: readonly Event[] }>(
      'GET',
      `/api/v1/namespaces/${namespace}/events?fieldSelector=involvedObject.kind=ResourcePolicy`,
    );
    return list.items
      .map(({ involvedObject, reason, message, series }) => {
        const times = series === undefined ? 'once' : `${series.count} times`;
        return `${involvedObject.name} ${reason} ${times}: ${message}`;
      })
      .toSorted();
  }
});
