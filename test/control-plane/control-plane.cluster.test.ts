import type { V1Pod } from '@kubernetes/client-node';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError } from './api-client.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { KubectlError } from './kubectl.ts';
import { createNodes, ecsNode, virtualNode } from './nodes.ts';
import { waitUntil } from './wait.ts';

const pods = '/api/v1/namespaces/default/pods';

let plane: ControlPlane;
let neighbour: ControlPlane;
const started: ControlPlane[] = [];
beforeAll(async () => {
  const outcomes = await Promise.allSettled([startControlPlane(), startControlPlane()]);
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') started.push(outcome.value);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  [plane, neighbour] = [started[0]!, started[1]!];
});
afterAll(async () => {
  for (const each of started) await each.delete();
});

async function createPod(name: string, spec: Partial<V1Pod['spec']> = {}): Promise<void> {
  await plane.api.request('POST', pods, {
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'none' }], ...spec },
  });
}

async function getPod(name: string): Promise<V1Pod> {
  return plane.api.request<V1Pod>('GET', `${pods}/${name}`);
}

async function untilRunning(name: string): Promise<string | undefined> {
  const pod = await waitUntil(`pod ${name} runs`, async () => {
    const seen = await getPod(name);
    return seen.status?.phase === 'Running' && seen;
  });
  return pod.spec?.nodeName;
}

describe('two control planes started at the same moment', () => {
  test('each has its own data', async () => {
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: 'only-here' } });
    await expect(plane.kubectl(['get', 'namespaces', '--output=name'])).resolves.toContain(
      'namespace/only-here\n',
    );
    await expect(neighbour.api.request('GET', '/api/v1/namespaces/only-here')).rejects.toMatchObject({
      status: 404,
      reason: 'NotFound',
    });
  });

  test('a name that is in use is refused, and the cluster that has it stays', async () => {
    await expect(startControlPlane({ name: neighbour.name })).rejects.toThrow('a cluster named');
    await expect(neighbour.apiServer.get('/readyz')).resolves.toBe('ok');
  });

  test.runIf(process.platform === 'linux')('nothing listens on an address other than 127.0.0.1', () => {
    const { etcd, apiServer, controllerManager, kwok } = plane;
    const ours = new Set(
      [etcd, apiServer, controllerManager, kwok].map(({ url }) => Number(new URL(url).port)),
    );
    // Columns: slot, local address as hexadecimal ADDRESS:PORT, remote address, state (0A is LISTEN).
    const listening = ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((table) => readFileSync(table, 'utf8').trim().split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === '0A')
      .map(([, local = '']) => local.split(':'))
      .map(([address, port = '']) => ({ address, port: Number.parseInt(port, 16) }))
      .filter(({ port }) => ours.has(port));
    expect(new Set(listening.map(({ port }) => port))).toEqual(ours);
    expect(new Set(listening.map(({ address }) => address))).toEqual(new Set(['0100007F']));
  });
});

describe('kubectl', () => {
  test('reads what it is given as input', async () => {
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'from-input' },
    });
    await expect(plane.kubectl(['apply', '--filename=-'], { input: manifest })).resolves.toBe(
      'configmap/from-input created\n',
    );
  });

  test('a failure carries what it wrote to stderr', async () => {
    const failure = await plane.kubectl(['get', 'pod', 'nobody']).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KubectlError);
    expect(failure).toMatchObject({ stderr: 'Error from server (NotFound): pods "nobody" not found\n' });
  });
});

describe('nodes and the scheduler', () => {
  test('the scheduler does not run before it is started', () => {
    expect(plane.scheduler.pid).toBeUndefined();
  });

  test('pods go to ECS nodes, and to virtual ones when they ask for it', async () => {
    await createNodes(plane, [ecsNode('ecs-0', { allocatable: { cpu: '2' } }), virtualNode('virtual-0')]);
    await plane.scheduler.start({ config: {} });
    await createPod('plain');
    await createPod('elastic', {
      nodeSelector: { type: 'virtual-kubelet' },
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
    });
    await expect(untilRunning('plain')).resolves.toBe('ecs-0');
    await expect(untilRunning('elastic')).resolves.toBe('virtual-0');
    const node = await plane.api.request('GET', '/api/v1/nodes/ecs-0');
    expect(node).toMatchObject({ status: { allocatable: { cpu: '2', memory: '32Gi', pods: '110' } } });
  });

  test('pods recreated under their names at once, the old ones deleted by force, live and run', async () => {
    await createNodes(plane, [ecsNode('recreated')]);
    const names = Array.from({ length: 100 }, (_, index) => `recreated-${index}`);
    for (const name of names) await createPod(name, { nodeName: 'recreated' });
    await Promise.all(names.map(untilRunning));
    for (const name of names) {
      await plane.api.request('DELETE', `${pods}/${name}`, { gracePeriodSeconds: 0 });
      await createPod(name, { nodeName: 'recreated' });
    }
    await expect(Promise.all(names.map(untilRunning))).resolves.toEqual(names.map(() => 'recreated'));
  });

  test('a name that exists is refused', async () => {
    const again = createNodes(plane, [ecsNode('ecs-0')]);
    await expect(again).rejects.toBeInstanceOf(ApiError);
    await expect(again).rejects.toMatchObject({ status: 409, reason: 'AlreadyExists' });
  });

  test('nothing is scheduled while the scheduler is stopped, and the rest works', async () => {
    await plane.scheduler.stop();
    expect(plane.scheduler.pid).toBeUndefined();
    await createPod('waiting');
    // Made after the other and bound by hand: once it runs, a scheduler would have had its turn at the other.
    await createPod('placed', { nodeName: 'ecs-0' });
    await untilRunning('placed');
    expect((await getPod('waiting')).spec?.nodeName).toBeUndefined();
  });

  test('it starts again with another configuration, which counts', async () => {
    await plane.scheduler.start({ config: 'profiles: [{schedulerName: second}]' });
    await createPod('for-second', { schedulerName: 'second' });
    await untilRunning('for-second');
    expect((await getPod('waiting')).spec?.nodeName).toBeUndefined();
    await expect(plane.scheduler.get('/metrics')).resolves.toContain('scheduler_pending_pods');
    await expect(plane.scheduler.start({ config: {} })).rejects.toThrow('runs already');
  });

  test('it is killed, and starts again with the configuration it had', async () => {
    const before = plane.scheduler.pid;
    await plane.scheduler.kill();
    expect(plane.scheduler.pid).toBeUndefined();
    await plane.scheduler.start();
    expect(plane.scheduler.pid).toBeGreaterThan(0);
    expect(plane.scheduler.pid).not.toBe(before);
    await createPod('for-second-again', { schedulerName: 'second' });
    await expect(untilRunning('for-second-again')).resolves.toBe('ecs-0');
  });

  test('a configuration that kube-scheduler refuses: the error shows its log', async () => {
    await plane.scheduler.stop();
    const refused = plane.scheduler.start({ config: { profiles: 'none' } });
    await expect(refused).rejects.toThrow(/kube-scheduler is not ready; the end of its log:.*profiles/s);
  });
});

describe('the other components', () => {
  test('an API server killed with SIGKILL comes back with its data', async () => {
    const before = plane.apiServer.pid;
    await plane.apiServer.kill();
    await expect(plane.api.request('GET', '/api/v1/nodes/ecs-0')).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    await plane.apiServer.start();
    expect(plane.apiServer.pid).not.toBe(before);
    const node = await plane.api.request('GET', '/api/v1/nodes/ecs-0');
    expect(node).toMatchObject({ metadata: { name: 'ecs-0' } });
  });

  test('etcd killed with SIGKILL comes back with its data', async () => {
    const before = plane.etcd.pid;
    await plane.etcd.kill();
    await expect(plane.etcd.get('/health')).rejects.toThrow('ECONNREFUSED');
    await plane.etcd.start();
    expect(plane.etcd.pid).not.toBe(before);
    // The API server answers errors until its own connection is back.
    const pod = await waitUntil('the API server answers', () => getPod('plain'));
    expect(pod).toMatchObject({ metadata: { name: 'plain' }, spec: { nodeName: 'ecs-0' } });
  });

  test('a paused component answers only after it goes on, and can be stopped while it is paused', async () => {
    await plane.kwok.pause();
    let resumed = false;
    const answeredAfterResume = plane.kwok.get('/healthz').then(() => resumed);
    // Time enough for an answer from one that is not paused.
    await plane.apiServer.get('/readyz');
    resumed = true;
    await plane.kwok.resume();
    await expect(answeredAfterResume).resolves.toBe(true);

    await plane.kwok.pause();
    await plane.kwok.stop();
    expect(plane.kwok.pid).toBeUndefined();
    await expect(plane.kwok.pause()).rejects.toThrow('does not run');
    await plane.kwok.start();
  });

  test.each([
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kwok-controller',
  ] as const)('the log of %s', (name) => {
    expect(existsSync(plane.logs(name))).toBe(true);
  });
});
