/** `resource-policy plan` as a process: what is printed where, and the exit codes that scripts rely on. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import type { FakeApiServer } from '../support/fake-api-server/server.ts';
import { startFakeApiServer } from '../support/fake-api-server/server.ts';
import { nodeManifest } from '../support/plan/planned.ts';
import type { Ran, RunOptions } from '../support/program.ts';
import { run, SOURCES } from '../support/program.ts';

const SPARK = ['resourcepolicy', 'spark-pi', 'nodes'].map((name) => `examples/spark-pi/${name}.yaml`);
const POD =
  'kind: Pod\nmetadata: {name: p, namespace: batch, labels: {app: spark}}\nspec: {containers: [{name: main}]}\n';

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function plan(args: readonly string[], options?: RunOptions): Promise<Ran> {
  return run([...SOURCES, 'plan', ...args], options);
}

/** A node and, in the namespace `batch`, a policy of no more than one pod, and a pod of it that is bound. */
async function aCluster(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  onTestFinished(() => server.close());
  server.store.create('resourcepolicies', {
    metadata: { name: 'spark', namespace: 'batch' },
    spec: { selector: { app: 'spark' }, units: [{ resource: 'ecs', max: 1 }] },
  });
  server.store.create('nodes', {
    metadata: { name: 'ecs-0' },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
  });
  server.store.create('pods', {
    metadata: { name: 'there', namespace: 'batch', labels: { app: 'spark' } },
    spec: { nodeName: 'ecs-0' },
  });
  return server;
}

describe('resource-policy plan', () => {
  it('a pod stays pending: exit code 1', async () => {
    const { status, out, err } = await plan(SPARK);

    expect({ status, err }).toEqual({ status: 1, err: '' });
    expect(out).toMatch(/^SparkApplication default\/spark-pi: 6 pods, 5 placed, 1 pending\n\nPOD /);
  });

  it('everything is placed: exit code 0', async () => {
    const { status, out } = await plan(['-', '-o', 'json'], { input: `${POD}---\n${nodeManifest('ecs-0')}` });

    expect(status).toBe(0);
    expect(JSON.parse(out)).toEqual({
      kind: 'Plan',
      totals: { bound: 0, placed: 1, later: 0, pending: 0 },
      workloads: [
        {
          kind: 'Pod',
          namespace: 'batch',
          name: '',
          wanted: 1,
          pods: [{ name: 'p', state: 'placed', node: 'ecs-0' }],
          scaleIn: {
            followsUnits: false,
            text: 'nobody scales in pods that have no controller',
            order: [],
          },
        },
      ],
      policies: [],
      notes: [],
    });
  });

  it('-o yaml, with prices', async () => {
    const { status, out } = await plan([
      ...SPARK,
      '-o',
      'yaml',
      '--prices',
      'examples/prices/eci.yaml',
      '--duration',
      '87s',
    ]);

    expect(status).toBe(1);
    expect(parse(out)).toMatchObject({ kind: 'Plan', cost: { currency: '¥', perJob: '0.00926208' } });
  });

  it('something invalid: exit code 2, a line each, and nothing on standard output', async () => {
    const broken =
      'kind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: -1\n  template: {spec: {containers: [{name: a}]}}\n';
    const { status, out, err } = await plan(['nowhere.yaml', '-', '--prices', SPARK[0] ?? ''], {
      input: broken,
    });

    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^nowhere\.yaml: cannot be read: ENOENT/),
      'examples/spark-pi/resourcepolicy.yaml:3: kind: must be PriceList',
      '<stdin>:4: spec.replicas: must be a whole number, 0 or more',
      '',
    ]);
  });

  it('without nodes, or without anything to place: exit code 2, and the way out', async () => {
    expect(await plan(SPARK.slice(0, 2))).toEqual({
      status: 2,
      out: '',
      err: expect.stringMatching(
        /^resource-policy: there is no Node in what was given: add a file with nodes [^\n]+ --live\n$/,
      ),
    });
    expect(await plan([SPARK[0] ?? '', SPARK[2] ?? ''])).toEqual({
      status: 2,
      out: '',
      err: expect.stringMatching(
        /^resource-policy: there is nothing to place: add a SparkApplication, [^\n]+\n$/,
      ),
    });
    expect(await plan([SPARK[0] ?? ''])).toMatchObject({
      status: 2,
      err: expect.stringMatching(
        /^resource-policy: there is neither a workload nor a Node in what was given: name files [^\n]+ --live\n$/,
      ),
    });
  });

  it('wrong usage: exit code 2', async () => {
    expect(await plan([...SPARK, '--duration', 'long'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('"long" is not a duration'),
    });
  });

  it('--help: exit code 0, with examples and the exit codes', async () => {
    const { status, out } = await plan(['--help']);

    expect(status).toBe(0);
    expect(out).toContain('Exit code: 0 everything is placed, 1 a pod stays pending, 2 wrong usage');
    expect(out).toContain('$ resource-policy plan policy.yaml spark-pi.yaml --live');
  });
});

describe('resource-policy plan --live', () => {
  it('what the cluster has counts', async () => {
    const { kubeconfigPath } = await aCluster();
    const { status, out, err } = await plan(['-', '--kubeconfig', kubeconfigPath], { input: POD });

    expect({ status, err }).toEqual({ status: 1, err: '' });
    expect(out).toContain('p    -     Pending\n');
    expect(out).toContain('ResourcePolicy spark: unit 1 ecs is at max 1.');
  });

  it('a policy in a file is tried before it is applied, with the kubeconfig of the environment', async () => {
    const { kubeconfigPath } = await aCluster();
    const raised = `apiVersion: scheduling.alibabacloud.com/v1alpha1
kind: ResourcePolicy
metadata: {name: spark, namespace: batch}
spec: {selector: {app: spark}, units: [{resource: ecs, max: 2}]}
`;
    const { status, out } = await plan(['-', '--live'], {
      input: `${POD}---\n${raised}`,
      env: { KUBECONFIG: kubeconfigPath },
    });

    expect(status).toBe(0);
    expect(out).toContain('p    1     ecs-0\n');
  });

  it('before anything is installed, the policies of the files alone hold', async () => {
    const server = await aCluster();
    server.faults.add({ kind: 'answer', status: 404 }, ({ path }) => path.endsWith('/resourcepolicies'));

    expect(await plan(['-', '--kubeconfig', server.kubeconfigPath], { input: POD })).toMatchObject({
      status: 0,
      out: expect.stringContaining('p    -     ecs-0\n'),
    });
  });

  it('what may not be listed: exit code 2, and which it is', async () => {
    const server = await aCluster();
    const forbidden = JSON.stringify({ kind: 'Status', message: 'nodes is forbidden' });
    server.faults.add({ kind: 'answer', status: 403, body: forbidden }, ({ path }) =>
      path.endsWith('/nodes'),
    );

    expect(await plan(['-', '--kubeconfig', server.kubeconfigPath], { input: POD })).toEqual({
      status: 2,
      out: '',
      err: expect.stringMatching(
        /^resource-policy: plan lists the nodes of the cluster, which you may not: [^\n]*nodes is forbidden\n$/,
      ),
    });
  });

  it('without files: the pods that wait in the namespace', async () => {
    const server = await aCluster();
    server.store.create('pods', {
      metadata: { name: 'waits', namespace: 'batch', labels: { app: 'spark' } },
      spec: {},
    });
    const args = ['--kubeconfig', server.kubeconfigPath];

    expect((await plan([...args, '-n', 'batch'])).out).toMatch(/^Pods in batch: 1 pod, 1 pending\n/);
    expect(await plan([...args, '-n', 'empty'])).toMatchObject({
      status: 2,
      err: 'resource-policy: there is nothing to place: no workload was given, and no pod waits in namespace empty\n',
    });
  });

  it('a cluster that cannot be asked: exit code 2, one line', async () => {
    expect(await plan(['-', '--kubeconfig', '/nowhere/kubeconfig'], { input: POD })).toEqual({
      status: 2,
      out: '',
      err: expect.stringMatching(/^resource-policy: kubeconfig \/nowhere\/kubeconfig: ENOENT[^\n]+\n$/),
    });
  });
});
