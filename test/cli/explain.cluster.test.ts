/**
 * `resource-policy explain` beside a real API server, a real kube-scheduler and the extender: what it says, from one
 * listing, is what these three decided.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import type { PodReport } from '../../src/scheduling/explain-pod.ts';
import type { PolicyReport } from '../../src/scheduling/explain-policy.ts';
import { findBinaries } from '../control-plane/binaries.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { findKubectl } from '../control-plane/kubectl.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import type { Ran } from '../support/program.ts';
import { BUILT, ROOT, run } from '../support/program.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const WITHIN = { timeout: 30_000 };

interface Pod {
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
}

let plane: ControlPlane;
let extender: ExtenderProcess;

beforeAll(async () => {
  plane = await startControlPlane();
  await createNodes(plane, [ecsNode('ecs-0'), ecsNode('ecs-1'), virtualNode('eci-0')]);
});

afterAll(async () => {
  await plane.delete();
});

test('without the CRD it says how to install it', async () => {
  expect(await explain(['pod/any'])).toEqual({
    status: 2,
    out: '',
    err:
      'resource-policy: the cluster has no ResourcePolicies: their CRD is not installed ' +
      '(kubectl apply -f crds/ installs it)\n',
  });
});

describe('with policies, pods and the extender', () => {
  beforeAll(async () => {
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    extender = new ExtenderProcess({ kubeconfigPath: await shippedAccount(plane) });
    await extender.start();
    await extender.ready();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
    await plane.kubectl(['create', 'namespace', 'batch']);
    await createPolicy('spark', {
      matchLabelKeys: ['job'],
      selector: { app: 'spark' },
      units: [
        { resource: 'ecs', max: 1 },
        { resource: 'eci', max: 1 },
      ],
    });
    await createPolicy('timed', {
      selector: { app: 'timed' },
      whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' },
      units: [{ resource: 'ecs', max: 5 }, { resource: 'eci' }],
    });
    for (const name of ['a', 'b', 'c']) await createPod(name, { app: 'spark', job: 's1' });
    await waitUntil('kube-scheduler refused pod c', async () =>
      (await messageOf('c')).includes('unit 2 eci is at max 1'),
    );
  });

  test('a waiting pod: the counts, and the very sentence that kube-scheduler was told', async () => {
    const report = await explained<PodReport>('pod/c');
    const message = await messageOf('c');

    expect(report).toMatchObject({
      state: 'waiting',
      selection: { outcome: 'member', policies: ['spark'] },
      group: { job: 's1' },
      units: [
        { number: 1, name: 'ecs', pods: 1, max: 1, nodes: 2, feasibleNodes: 2, verdict: 'at-max' },
        { number: 2, name: 'eci', pods: 1, max: 1, nodes: 1, feasibleNodes: 1, verdict: 'at-max' },
      ],
      waiting: { message },
    });
    expect(message).toContain(report.decision?.text);
    expect(Date.parse(report.waiting?.since ?? '')).toBeGreaterThanOrEqual(Date.parse(report.createdAt));
  });

  test('a waiting pod, for people', async () => {
    const { status, out, err } = await explain(['pod/c', '-n', 'batch']);

    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(
      out
        .replaceAll(/(?:\d+[ms])+ ago/g, 'Ns ago')
        .split('\n')
        .slice(0, 12),
    ).toEqual([
      'Pod        batch/c',
      'State      waiting, created Ns ago, for scheduler default-scheduler',
      'Policy     spark',
      'Group      job=s1',
      'Requests   cpu 1',
      '',
      'UNIT  PODS  NODES  FIT  VERDICT',
      '1     1/1   2      2    ecs is at max 1',
      '2     1/1   1      1    eci is at max 1',
      '',
      'Decision   ResourcePolicy spark: unit 1 ecs is at max 1, unit 2 eci is at max 1 (per job)',
      expect.stringMatching(/^Scheduler {2}since Ns ago: 0\/3 nodes are available: /),
    ]);
  });

  test('a bound pod: its unit, that it counts, and the cost that the Binding wrote', async () => {
    const report = await explained<PodReport>('pod/b');

    expect(report).toMatchObject({
      state: 'bound',
      units: [{ pods: 1 }, { pods: 1 }],
      placement: {
        nodeName: 'eci-0',
        counts: [{ policy: 'spark', unit: 'eci', isCounted: true }],
        recorded: { policy: 'spark', unit: 'eci' },
        deletionCost: { value: '-100', writtenBy: 'resource-policy', ofUnit: -100 },
      },
    });
    expect(report).not.toHaveProperty('waiting');
    expect(report).not.toHaveProperty('decision');
  });

  test('a pod that waits in a unit for a time: until when', async () => {
    await createPod('t', { app: 'timed' }, { cpu: '9' });
    await expect
      .poll(async () => (await explained<PodReport>('pod/t')).waiting?.timed, WITHIN)
      .toHaveLength(1);
    const { waiting, decision } = await explained<PodReport>('pod/t');
    const [wait] = waiting?.timed ?? [];

    expect(decision).toMatchObject({ outcome: 'waiting', unit: 'ecs', cause: 'resources-for-a-time' });
    expect(await messageOf('t')).toContain(decision?.text);
    expect(Date.parse(wait?.until ?? '') - Date.parse(wait?.since ?? '')).toBe(600_000);
    expect((await explain(['pod/t', '-n', 'batch'])).out).toMatch(
      /^Timers {5}in ecs since (?:\d+[ms])+ ago, [89]m(?:\d+s)? left$/m,
    );
  });

  test('a pod of no policy', async () => {
    await createPod('plain', { app: 'web' });
    await expect.poll(() => nodeOf('plain'), WITHIN).toBeDefined();

    expect(await explained<PodReport>('pod/plain')).toMatchObject({
      state: 'bound',
      selection: {
        outcome: 'none',
        others: [
          { policy: 'spark', unmet: ['app=spark'] },
          { policy: 'timed', unmet: ['app=timed'] },
        ],
      },
      units: [],
      placement: { counts: [], deletionCost: { writtenBy: 'nobody' } },
    });
  });

  test('a policy: the figures that the extender writes in its status', async () => {
    const report = await explained<PolicyReport>('policy/spark');

    expect(report).toMatchObject({
      selects: ['app=spark'],
      units: [
        { name: 'ecs', pods: 1, max: 1, waiting: 0, nodes: 2 },
        { name: 'eci', pods: 1, max: 1, waiting: 0, nodes: 1 },
      ],
      waiting: 1,
      groupCount: 1,
      groups: [{ labels: { job: 's1' }, pods: [1, 1], waiting: 1 }],
      findings: [],
    });
    await expect
      .poll(() => statusOf('spark'), WITHIN)
      .toMatchObject({
        waiting: report.waiting,
        units: report.units.map(({ name, pods, nodes }) => ({ name, used: pods, nodes })),
        groups: [{ key: 's1', used: [1, 1], waiting: 1 }],
      });
    const { conditions } = await explained<PolicyReport>('policy/spark');
    expect(conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
  });

  test('a policy in which pods stay in a unit, for people', async () => {
    await expect
      .poll(async () => (await explain(['rp/timed', '-n', 'batch'])).out, WITHIN)
      .toContain(
        [
          'UNIT  PODS  MAX  WAITING  NODES  NAME',
          '1     0     5    1        2      ecs',
          '2     0     -    0        1      eci',
          '',
        ].join('\n'),
      );
  });

  test('as a kubectl plugin, under the name that the package installs', async () => {
    const bin = join(plane.workDir, 'plugin-bin');
    mkdirSync(bin);
    for (const [name, target] of Object.entries(packageJson.bin))
      symlinkSync(join(ROOT, target), join(bin, name));
    const kubectl = findKubectl(await findBinaries(), plane.workDir);
    const env = {
      KUBECONFIG: plane.kubeconfigPath,
      PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter),
    };

    const ran = await run([kubectl, 'resource-policy', 'explain', 'pod/c', '-n', 'batch'], { env });
    expect({ status: ran.status, err: ran.err }).toEqual({ status: 0, err: '' });
    expect(ran.out).toContain('2     1/1   1      1    eci is at max 1\n');
    expect((await run([kubectl, 'plugin', 'list'], { env })).out).toContain(
      join(bin, 'kubectl-resource_policy'),
    );
    expect(await run([kubectl, 'resource-policy', 'explain', 'pod/gone'], { env })).toMatchObject({
      status: 1,
      err: expect.stringContaining('resource-policy: there is no pod gone in namespace default\n'),
    });
  });

  test('the extender’s own account may explain; one without rights is told which it lacks', async () => {
    expect((await explain(['pod/c', '-n', 'batch'], await shippedAccount(plane))).status).toBe(0);

    expect(await explain(['pod/c', '-n', 'batch'], impersonating('eve'))).toEqual({
      status: 2,
      out: '',
      err: expect.stringMatching(
        /^resource-policy: explain lists the resourcepolicies of namespace batch, which you may not: [^\n]*User "eve" cannot list[^\n]*\n$/,
      ),
    });
  });
});

async function explained<Report>(target: string): Promise<Report> {
  const { status, out, err } = await explain([target, '-n', 'batch', '-o', 'json']);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const report: Report = JSON.parse(out);
  return report;
}

function explain(args: readonly string[], kubeconfig = plane.kubeconfigPath): Promise<Ran> {
  return run([...BUILT, 'explain', ...args, '--kubeconfig', kubeconfig]);
}

/** A kubeconfig of somebody else. */
function impersonating(name: string): string {
  const config: { users: { user: object }[] } = parse(readFileSync(plane.kubeconfigPath, 'utf8'));
  const users = config.users.map((entry) => ({ ...entry, user: { ...entry.user, as: name } }));
  const file = join(plane.workDir, `${name}.kubeconfig`);
  writeFileSync(file, stringify({ ...config, users }));
  return file;
}

async function createPolicy(name: string, spec: object): Promise<void> {
  await plane.api.request(
    'POST',
    '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/batch/resourcepolicies',
    {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name },
      spec,
    },
  );
  const key = `batch/${name}`;
  await waitUntil(`policy ${key} is in force`, () =>
    extender.log.some(({ msg, policy }) => msg === 'policy in force' && policy === key),
  );
}

async function createPod(name: string, labels: object, requests: object = { cpu: '1' }): Promise<void> {
  await plane.api.request('POST', '/api/v1/namespaces/batch/pods', {
    metadata: { name, labels },
    spec: {
      automountServiceAccountToken: false,
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      containers: [{ name: 'main', image: 'none', resources: { requests } }],
    },
  });
}

function pod(name: string): Promise<Pod> {
  return plane.api.request('GET', `/api/v1/namespaces/batch/pods/${name}`);
}

async function nodeOf(name: string): Promise<string | undefined> {
  return (await pod(name)).spec.nodeName;
}

async function messageOf(name: string): Promise<string> {
  const { conditions = [] } = (await pod(name)).status;
  return conditions.find(({ type }) => type === 'PodScheduled')?.message ?? '';
}

async function statusOf(policy: string): Promise<unknown> {
  const path = `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/batch/resourcepolicies/${policy}`;
  return (await plane.api.request<{ status?: unknown }>('GET', path)).status;
}
