/**
 * kube-scheduler calls over mutual TLS, configured as its own `tlsConfig` has it, and goes on while certificates and CAs
 * are replaced below both.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import type { Identity } from '../support/pki.ts';
import { TestCa } from '../support/pki.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';

const WITHIN = { timeout: 60_000, interval: 100 };

let plane: ControlPlane;
let extender: ExtenderProcess;
let directory: string;
let serverCa: TestCa;
let clientCa: TestCa;
let client: Identity;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mutual-tls-'));
  [serverCa, clientCa] = await Promise.all([TestCa.create(), TestCa.create()]);
  client = await clientCa.issue('kube-scheduler', { purpose: 'client' });
  mount('extender', {
    ...files(await serverCa.issue('first', { purpose: 'server' })),
    'ca.crt': clientCa.certPem,
  });
  mount('scheduler', { ...files(client), 'ca.crt': serverCa.certPem });

  plane = await startControlPlane();
  await createNodes(plane, [ecsNode('ecs-0'), virtualNode('eci-0')]);
  await plane.kubectl(['apply', '-f', 'crds']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  const flags = Object.entries({
    '--tls-cert': at('extender', 'tls.crt'),
    '--tls-key': at('extender', 'tls.key'),
    '--client-ca': at('extender', 'ca.crt'),
    '--probes': '127.0.0.1:0',
  }).flat();
  extender = new ExtenderProcess({ kubeconfigPath: plane.kubeconfigPath, flags });
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: schedulerConfig() });
});

afterAll(async () => {
  await plane.delete();
  rmSync(directory, { recursive: true });
});

/** Where a mounted secret shows a file. */
const at = (secret: string, name: string): string => join(directory, secret, name);

const files = ({ certPem, keyPem }: Identity): Readonly<Record<string, string>> => ({
  'tls.crt': certPem,
  'tls.key': keyPem,
});

let revision = 0;

/** Shows the content as kubelet does: in a folder of its own, to which a link is swapped at once. */
function mount(secret: string, content: Readonly<Record<string, string>>): void {
  revision += 1;
  const folder = join(directory, secret);
  mkdirSync(join(folder, `..${revision}`), { recursive: true });
  for (const [name, pem] of Object.entries(content)) writeFileSync(join(folder, `..${revision}`, name), pem);
  symlinkSync(`..${revision}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of Object.keys(content)) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(join('..data', name), join(folder, name));
  }
}

/** As SECURITY.md shows it. */
function schedulerConfig(): Readonly<Record<string, unknown>> {
  const config = shippedSchedulerConfig('in-place.yaml', extender.url);
  const tlsConfig = {
    caFile: at('scheduler', 'ca.crt'),
    certFile: at('scheduler', 'tls.crt'),
    keyFile: at('scheduler', 'tls.key'),
  };
  const extenders = (config['extenders'] as readonly object[]).map((entry) => ({
    ...entry,
    enableHTTPS: true,
    tlsConfig,
  }));
  return { ...config, extenders };
}

describe('over mutual TLS', () => {
  it('kube-scheduler is answered, and pods fill their units', async () => {
    await createPolicy();
    await createPods('first', 5);

    await expect.poll(places, WITHIN).toEqual({ 'ecs-0': 2, 'eci-0': 3 });
  });

  it('nobody is answered without a certificate, and the log says why', async () => {
    await expect(serverName()).rejects.toMatchObject({
      code: expect.stringMatching(/^(ECONNRESET|ERR_SSL_)/),
    });

    const turnedAway = { reasons: { ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 1 } };
    await expect.poll(() => extender.log, WITHIN).toContainEqual(expect.objectContaining(turnedAway));
  });

  it('the pages for probes are found by plain HTTP, and nothing else is', async () => {
    const { pagesUrl } = extender;
    expect(pagesUrl).toMatch(/^http:/);
    expect(await (await fetch(`${pagesUrl}/readyz`)).text()).toBe('ok\n');
    expect(await extender.metrics()).toMatch(
      /resource_policy_calls_total\{verb="bind",outcome="bound"\} 5\n/,
    );
    for (const verb of ['filter', 'prioritize', 'preempt', 'bind']) {
      expect((await fetch(`${pagesUrl}/${verb}`, { method: 'POST', body: '{}' })).status).toBe(404);
    }
  });

  it('a certificate of ours that is replaced is shown from then on', async () => {
    expect(await serverName(client)).toBe('first');
    const second = await serverCa.issue('second', { purpose: 'server' });

    mount('extender', { ...files(second), 'ca.crt': clientCa.certPem });

    await expect.poll(() => serverName(client), WITHIN).toBe('second');
    await createPods('second', 2);
    await expect.poll(places, WITHIN).toEqual({ 'ecs-0': 2, 'eci-0': 5 });
  });

  it('a client CA that is replaced shuts kube-scheduler out until it has a certificate of the new one', async () => {
    const nextCa = await TestCa.create();
    const third = await serverCa.issue('third', { purpose: 'server' });
    mount('extender', { ...files(third), 'ca.crt': nextCa.certPem });
    const next = await nextCa.issue('kube-scheduler', { purpose: 'client' });
    await expect.poll(() => serverName(next).catch(() => undefined), WITHIN).toBe('third');

    await createPods('third', 2);
    await waitUntil('kube-scheduler is turned away', () =>
      extender.log.some(({ reasons }) => 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' in Object(reasons)),
    );
    expect(await places()).toEqual({ 'ecs-0': 2, 'eci-0': 5 });

    mount('scheduler', { ...files(next), 'ca.crt': serverCa.certPem });
    await expect.poll(places, WITHIN).toEqual({ 'ecs-0': 2, 'eci-0': 7 });
  });
});

async function createPolicy(): Promise<void> {
  await plane.api.request(
    'POST',
    '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/default/resourcepolicies',
    {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name: 'spark' },
      spec: { units: [{ resource: 'ecs', max: 2 }, { resource: 'eci' }] },
    },
  );
}

async function createPods(prefix: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    await plane.api.request('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: `${prefix}-${i}` },
      spec: {
        tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
        containers: [{ name: 'spark', image: 'spark' }],
      },
    });
  }
}

/** How many pods are bound to each node. */
async function places(): Promise<Readonly<Record<string, number>>> {
  const { items } = await plane.api.request<{ items: readonly { spec: { nodeName?: string } }[] }>(
    'GET',
    '/api/v1/namespaces/default/pods',
  );
  const counts: Record<string, number> = {};
  for (const { spec } of items)
    if (spec.nodeName !== undefined) counts[spec.nodeName] = (counts[spec.nodeName] ?? 0) + 1;
  return counts;
}

/** The name on the certificate that the extender shows to a client, and answers it. */
async function serverName(identity?: Identity): Promise<string> {
  return new Promise((resolve, reject) => {
    const own = identity === undefined ? {} : { cert: identity.certPem, key: identity.keyPem };
    get(`${extender.url}/healthz`, { ca: serverCa.certPem, agent: false, ...own }, (response) => {
      response.resume();
      resolve((response.socket as TLSSocket).getPeerCertificate().subject.CN as string);
    }).on('error', reject);
  });
}
