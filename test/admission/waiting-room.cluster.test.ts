/**
 * Pods that are pinned or held out of the queue when they are created, through the real API server and kube-scheduler,
 * and what becomes of them when the extender dies, the policy changes, or the webhook is away.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const WITHIN = { timeout: 20_000, interval: 50 };
const PODS = '/api/v1/namespaces/default/pods';
const REGISTRATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const GATE = 'resource-policy.scheduling/waits-for-max';

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly affinity?: unknown;
  };
}

let plane: ControlPlane;
let extender: ExtenderProcess;

beforeAll(async () => {
  plane = await startControlPlane();
  await createNodes(plane, [ecsNode('ecs-0'), ecsNode('ecs-1'), virtualNode('eci-0'), virtualNode('eci-1')]);
  await plane.kubectl(['apply', '-f', 'crds', '-f', 'deploy/rbac-admission.yaml']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  const kubeconfigPath = await shippedAccount(plane);
  extender = new ExtenderProcess({ kubeconfigPath, flags: ['--admission', '127.0.0.1:0'] });
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
});

afterAll(async () => {
  await extender.stop();
  await plane.delete();
});

beforeEach(async () => {
  await apply({ ecs: 2, eci: 3 });
  await waitUntil('the webhook is registered', async () => (await registrations()) > 0);
});

afterEach(async () => {
  await plane.kubectl(['delete', 'resourcepolicies', '--all']);
  await plane.api.request('DELETE', PODS, { gracePeriodSeconds: 0 });
  await waitUntil('all pods are gone', async () => (await pods()).length === 0);
});

test('the first fill the first unit, the next are pinned to the second, the rest wait outside of the queue', async () => {
  await create('e', 2);
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs']);
  await create('e', 8);

  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'held', 'held', 'held']);
  const [first, , third, , , last] = await pods();
  expect(first?.spec.affinity).toBeUndefined();
  expect(third?.metadata.annotations).toMatchObject({ 'resource-policy.scheduling/pinned-to': 'eci' });
  expect(last?.spec.schedulingGates).toEqual([{ name: GATE }]);
  // kube-scheduler has not been asked about those that wait.
  const events = await plane.kubectl([
    'get',
    'events',
    '--field-selector',
    'reason=FailedScheduling',
    '-o',
    'name',
  ]);
  expect(events).toBe('');
  const { stdout } = await promisify(execFile)(extenderMain(), [
    'explain',
    'pod/e-7',
    '--kubeconfig',
    plane.kubeconfigPath,
  ]);
  expect(stdout).toContain('behind 2 of its group in the waiting room');
  expect(stdout).toContain('unit 1 ecs is at max 2');
});

test('who waits is let out, oldest first, as places become free', async () => {
  await create('e', 8);
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'held', 'held', 'held']);

  await remove('e-2');
  await expect.poll(() => placeOf('e-5'), WITHIN).toBe('eci');
  await remove('e-0');
  await expect.poll(() => placeOf('e-6'), WITHIN).toBe('ecs');
  expect(await placeOf('e-7')).toBe('held');
});

test('who waits is let out when max is raised, with no other event in the cluster', async () => {
  await create('e', 8);
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'held', 'held', 'held']);
  await apply({ ecs: 2, eci: 6 });
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'eci', 'eci', 'eci']);
});

test('who waits with an affinity of its own is let out, too', async () => {
  const key = 'type';
  const nodeSelectorTerms = [{ matchExpressions: [{ key, operator: 'In', values: ['virtual-kubelet'] }] }];
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  await apply({ ecs: 0, eci: 1 });
  for (const name of ['own-0', 'own-1']) {
    const { metadata, spec } = pod(name);
    await plane.api.request('POST', PODS, { metadata, spec: { ...spec, affinity: { nodeAffinity } } });
    await expect.poll(() => placeOf(name), WITHIN).toBe(name === 'own-0' ? 'eci' : 'held');
  }
  await apply({ ecs: 0, eci: 900 });
  await expect.poll(() => placeOf('own-1'), WITHIN).toBe('eci');
});

test('who waits is let out by the next life of an extender that was killed', async () => {
  await create('e', 6);
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'held']);
  await extender.kill();
  await remove('e-4');
  await extender.start();
  await expect.poll(() => placeOf('e-5'), WITHIN).toBe('eci');
});

test('who waits is let out when the policy is deleted', async () => {
  await create('e', 6);
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'held']);
  await plane.kubectl(['delete', 'resourcepolicy', 'spark']);
  await expect.poll(() => placeOf('e-5'), WITHIN).toMatch(/ecs|eci/);
});

test('without the webhook all is the same, but for the queue', async () => {
  await extender.kill();
  await create('e', 7);
  await extender.start();
  await expect
    .poll(async () => (await places()).toSorted(), WITHIN)
    .toEqual(['eci', 'eci', 'eci', 'ecs', 'ecs', 'waits', 'waits']);
});

test('many at once: every unit is exactly full, and all others wait outside', async () => {
  await apply({ ecs: 20, eci: 30 });
  await Promise.all(Array.from({ length: 120 }, (_, i) => plane.api.request('POST', PODS, pod(`m-${i}`))));
  await expect.poll(async () => countsOf(await places()), WITHIN).toMatchObject({ ecs: 20, eci: 30 });
  const counts = countsOf(await places());
  expect(counts['ecs']).toBe(20);
  expect(counts['eci']).toBe(30);
  // Those that came before the watch had shown enough of them may have been let into the queue.
  expect(counts['held'] ?? 0).toBeGreaterThan(60);
});

test('a dry run counts for nothing', async () => {
  for (let i = 0; i < 6; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await plane.api.request('POST', `${PODS}?dryRun=All`, pod(`dry-${i}`));
  }
  await create('e', 2);
  await expect.poll(places, WITHIN).toEqual(['ecs', 'ecs']);
});

test('nothing was refused for want of a right', () => {
  expect(extender.log.filter(({ msg }) => /forbidden/i.test(msg))).toEqual([]);
});

function pod(name: string): { metadata: object; spec: object } {
  const metadata = { name, labels: { app: 'spark', job: 's1' } };
  const resources = { requests: { cpu: '100m' } };
  // Of its own, for when nobody gives it one.
  const tolerations = [{ key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' }];
  return { metadata, spec: { tolerations, containers: [{ name: 'main', image: 'none', resources }] } };
}

/** `NAME-0`, `NAME-1` … up to so many, one after the other, those apart that are there. */
async function create(name: string, count: number): Promise<void> {
  for (let i = (await pods()).length; i < count; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await plane.api.request('POST', PODS, pod(`${name}-${i}`));
  }
}

async function remove(name: string): Promise<void> {
  await plane.kubectl(['delete', 'pod', name, '--grace-period=0', '--force']);
}

async function apply(max: { ecs: number; eci: number }): Promise<void> {
  const policy = {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name: 'spark', namespace: 'default' },
    spec: {
      selector: { app: 'spark' },
      matchLabelKeys: ['job'],
      units: [
        { resource: 'ecs', max: max.ecs },
        { resource: 'eci', max: max.eci },
      ],
    },
  };
  await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(policy) });
}

async function registrations(): Promise<number> {
  const { items } = (await plane.api.request('GET', REGISTRATIONS)) as {
    items: readonly { webhooks?: readonly { namespaceSelector?: unknown }[] }[];
  };
  return items.filter(({ webhooks = [] }) => JSON.stringify(webhooks).includes('"default"')).length;
}

async function pods(): Promise<readonly Pod[]> {
  const { items } = (await plane.api.request('GET', PODS)) as { items: readonly Pod[] };
  return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

async function places(): Promise<readonly string[]> {
  return (await pods()).map(place);
}

async function placeOf(name: string): Promise<string | undefined> {
  const found = (await pods()).find(({ metadata }) => metadata.name === name);
  return found && place(found);
}

function place({ spec }: Pod): string {
  if (spec.nodeName !== undefined) return spec.nodeName.replace(/-.*/, '');
  return spec.schedulingGates === undefined ? 'waits' : 'held';
}

function countsOf(all: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...new Set(all)].map((each) => [each, all.filter((other) => other === each).length]),
  );
}

function extenderMain(): string {
  return 'dist/cli/main.js';
}
