/** `resource-policy explain` as a process: what is printed where, and the exit codes that scripts rely on. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FakeApiServer } from '../support/fake-api-server/server.ts';
import { startFakeApiServer } from '../support/fake-api-server/server.ts';
import type { Ran } from '../support/program.ts';
import { run, SOURCES } from '../support/program.ts';

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function explain(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return run([...SOURCES, 'explain', ...args], { env });
}

/** One policy, one node and one waiting pod in the namespace `batch`. */
async function aCluster(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  onTestFinished(() => server.close());
  server.store.create('resourcepolicies', {
    metadata: { name: 'spark', namespace: 'batch' },
    spec: { selector: { app: 'spark' }, units: [{ resource: 'eci', max: 0 }] },
  });
  server.store.create('nodes', {
    metadata: { name: 'v', labels: { provider: 'eci' } },
    status: { allocatable: { cpu: '4', pods: '10' } },
  });
  server.store.create('pods', {
    metadata: { name: 'p', namespace: 'batch', labels: { app: 'spark' } },
    spec: {},
  });
  return server;
}

describe('resource-policy explain', () => {
  it('a pod: exit code 0', async () => {
    const { kubeconfigPath } = await aCluster();
    const { status, out, err } = await explain(['pod/p', '-n', 'batch', '--kubeconfig', kubeconfigPath]);

    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^Pod        batch\/p\n/);
    expect(out).toContain('1     0/0   0      0    eci is at max 0\n');
  });

  it('a policy as JSON, with the kubeconfig and the label of virtual nodes from the environment', async () => {
    const { kubeconfigPath } = await aCluster();
    const { status, out } = await explain(['rp/spark', '-n', 'batch', '-o', 'json'], {
      KUBECONFIG: kubeconfigPath,
      RESOURCE_POLICY_VIRTUAL_NODE_LABEL: 'provider=eci',
    });

    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'ResourcePolicy',
      name: 'spark',
      units: [{ number: 1, name: 'eci', max: 0, nodes: 1 }],
      findings: [{ code: 'takes-no-pod' }],
    });
  });

  it('what is not there: exit code 1', async () => {
    const { kubeconfigPath } = await aCluster();

    expect(await explain(['pod/q', '-n', 'batch', '--kubeconfig', kubeconfigPath])).toEqual({
      status: 1,
      out: '',
      err: 'resource-policy: there is no pod q in namespace batch\n',
    });
    // Without -n the namespace of the kubeconfig's context.
    expect(await explain(['policy/spark', '--kubeconfig', kubeconfigPath])).toEqual({
      status: 1,
      out: '',
      err: 'resource-policy: there is no ResourcePolicy spark in namespace default: it has none\n',
    });
    const { err } = await explain(['policy/other', '-n', 'batch', '--kubeconfig', kubeconfigPath]);
    expect(err).toBe('resource-policy: there is no ResourcePolicy other in namespace batch: it has spark\n');
  });

  it('no rights: exit code 2, and which are missing', async () => {
    const server = await aCluster();
    const body = JSON.stringify({
      kind: 'Status',
      reason: 'Forbidden',
      message: 'nodes is forbidden: User "eve" …',
    });
    server.faults.add({ kind: 'answer', status: 403, body }, ({ path }) => path === '/api/v1/nodes');

    expect(await explain(['pod/p', '-n', 'batch', '--kubeconfig', server.kubeconfigPath])).toEqual({
      status: 2,
      out: '',
      err:
        'resource-policy: explain lists the nodes of the cluster, which you may not: GET /api/v1/nodes: 403 nodes is ' +
        'forbidden: User "eve" …\n',
    });
  });

  it('no CRD: exit code 2, and how to install it', async () => {
    const server = await aCluster();
    server.faults.add({ kind: 'answer', status: 404, body: '404 page not found' });

    expect(await explain(['pod/p', '--kubeconfig', server.kubeconfigPath])).toEqual({
      status: 2,
      out: '',
      err:
        'resource-policy: the cluster has no ResourcePolicies: their CRD is not installed ' +
        '(kubectl apply -f crds/ installs it)\n',
    });
  });

  it('no API server: exit code 2', async () => {
    const server = await aCluster();
    await server.down();
    const { status, out, err } = await explain(['pod/p', '--kubeconfig', server.kubeconfigPath]);

    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/^resource-policy: GET \/apis\/[^\n]*ECONNREFUSED[^\n]*\n$/);
  });

  it('no kubeconfig: exit code 2', async () => {
    const { status, err } = await explain(['pod/p']);

    expect(status).toBe(2);
    expect(err).toMatch(/^resource-policy: no credentials for an API server: [^\n]+\n$/);
  });

  it.for(['p', 'node/p', 'pod/', 'pod/a/b'])('wrong usage, %s: exit code 2', async (target) => {
    const { status, err } = await explain([target]);

    expect(status).toBe(2);
    expect(err).toMatch(/^error: [^\n]*is not pod\/NAME or policy\/NAME\.\n$/);
  });

  it('--help: exit code 0, with the exit codes', async () => {
    const { status, out } = await explain(['--help']);

    expect(status).toBe(0);
    expect(out).toContain('Exit code: 0 explained, 1 there is no such pod or policy, 2 wrong usage');
  });
});
