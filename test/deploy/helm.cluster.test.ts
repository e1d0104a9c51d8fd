/**
 * The chart on a real API server: every way of installing it passes a dry run there, installs, and leaves nothing behind
 * when it is uninstalled as docs/install.md says. The namespace keeps Kubernetes' strictest rules for pods.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode } from '../control-plane/nodes.ts';
import { CHART_DIR, rendered, valueArgs, VARIANTS } from './chart.ts';
import { inventory } from './inventory.ts';
import { thirdPartyKinds } from './third-party.ts';
import type { Helm, HelmOutput } from './tools/helm/helm.ts';
import { findHelm } from './tools/helm/helm.ts';
import { INSTALL_FILE, NAMESPACE } from './tools/manifests.ts';

const ACCOUNT = `system:serviceaccount:${NAMESPACE}:resource-policy`;
const WITHIN = { timeout: 60_000, interval: 500 };
const CRD = 'resourcepolicies.scheduling.alibabacloud.com';

let plane: ControlPlane;
let helm: Helm;
let before: readonly string[];

beforeAll(async () => {
  [plane, helm] = await Promise.all([startControlPlane(), findHelm()]);
  await createNodes(plane, [ecsNode('ecs-0'), ecsNode('ecs-1')]);
  // The pods of the installation are scheduled by the cluster's own, and played by kwok.
  await plane.scheduler.start();
  for (const file of await thirdPartyKinds()) await plane.kubectl(['apply', '--server-side', '-f', file]);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
  before = await inventory(plane);
});

afterAll(() => plane.delete());

describe('passes a dry run, installs, and leaves nothing behind:', () => {
  let withNamespace: readonly string[];

  // One for all: to delete a namespace takes five seconds.
  beforeAll(async () => {
    await createNamespace();
    withNamespace = await inventory(plane);
  });

  afterAll(deleteNamespace);

  it.each(Object.entries(VARIANTS))('%s', async (_name, values) => {
    const text = await rendered(helm, { values });
    await plane.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], { input: text });
    const { stdout, stderr } = await install(valueArgs(values));
    expect(stdout).toContain('STATUS: deployed');
    // Neither of pods that break the namespace's rules, nor of anything else.
    expect(stderr).toBe('');
    await helm([...withCluster('uninstall'), 'resource-policy']);
    await deleteKind();
    await expect.poll(() => difference(withNamespace), WITHIN).toEqual([]);
  });
});

describe('an installation', () => {
  it('is upgraded in place, one pod at a time', async () => {
    await createNamespace();
    await install();
    const first = await podNames();
    const values = { extender: { settings: { 'log-level': 'debug' } } };
    await helm([...withCluster('upgrade'), 'resource-policy', CHART_DIR, '--wait', ...valueArgs(values)]);
    expect(first).toHaveLength(2);
    await expect
      .poll(podNames, WITHIN)
      .toSatisfy(
        (names: readonly string[]) => names.length === 2 && names.every((name) => !first.includes(name)),
      );
    await uninstall();
    await expect.poll(() => difference(), WITHIN).toEqual([]);
  });

  it('keeps the policies of the cluster when it is uninstalled, until their kind is deleted', async () => {
    await createNamespace();
    await install();
    await plane.kubectl(['apply', '-f', 'examples/spark-pi/resourcepolicy.yaml']);
    await helm([...withCluster('uninstall'), 'resource-policy', '--wait']);
    expect(await plane.kubectl(['get', 'resourcepolicies', '--output=name'])).toMatch(/sparkapplication/);
    // Found again by the next installation.
    await install();
    await uninstall();
    await expect.poll(() => difference(), WITHIN).toEqual([]);
  });

  it('may do what it does in its own namespace, and not elsewhere', async () => {
    await createNamespace();
    await install();
    const leases = ['resource-policy', 'resource-policy-scheduler'].map(
      (name) => `leases.coordination.k8s.io/${name}`,
    );
    for (const lease of leases) {
      expect(await may('update', lease, `--namespace=${NAMESPACE}`)).toBe('yes');
      expect(await may('update', lease, '--namespace=default')).toBe('no');
    }
    expect(await may('create', 'pods', '--subresource=binding', '--namespace=default')).toBe('yes');
    // For the webhook's waiting room: looks at a pod, and lets it go.
    for (const verb of ['get', 'patch']) expect(await may(verb, 'pods', '--namespace=default')).toBe('yes');
    expect(await may('create', 'pods', '--namespace=default')).toBe('no');
    expect(await may('get', 'secrets', '--all-namespaces')).toBe('no');
    expect(await may('create', 'mutatingwebhookconfigurations')).toBe('no');
    // As both do when they run: these go with the namespace.
    for (const lease of leases) {
      const manifest = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: lease.split('/')[1] },
      };
      const args = ['create', `--namespace=${NAMESPACE}`, `--as=${ACCOUNT}`, '-f', '-'];
      await plane.kubectl(args, { input: JSON.stringify(manifest) });
    }
    await uninstall();
    await expect.poll(() => difference(), WITHIN).toEqual([]);
  });

  it('takes its webhook away with it', async () => {
    await createNamespace();
    await install(valueArgs({ admission: { kind: 'webhook' } }));
    // As the process that serves it does.
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    await plane.kubectl(['delete', 'mutatingwebhookconfiguration', 'resource-policy', `--as=${ACCOUNT}`]);
    await plane.kubectl(['create', `--as=${ACCOUNT}`, '-f', '-'], { input: JSON.stringify(REGISTRATION) });
    expect(await plane.api.request('GET', `${path}/resource-policy`)).toMatchObject({ webhooks: [{}] });
    await uninstall();
    await expect.poll(() => difference(), WITHIN).toEqual([]);
  });
});

describe('deploy/install.yaml', () => {
  it('is applied, and deleted, with kubectl alone', async () => {
    await plane.kubectl(['apply', '-f', INSTALL_FILE]);
    await plane.kubectl([
      'rollout',
      'status',
      'deployment/resource-policy',
      `--namespace=${NAMESPACE}`,
      '--timeout=60s',
    ]);
    const pods = await podNames();
    await plane.kubectl(['apply', '-f', INSTALL_FILE]);
    expect(await podNames()).toEqual(pods);
    await plane.kubectl(['delete', '-f', INSTALL_FILE]);
    await expect.poll(() => difference(), WITHIN).toEqual([]);
  });
});

const REGISTRATION = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'resource-policy' },
  webhooks: [
    {
      name: 'pods.resource-policy.scheduling',
      clientConfig: { url: 'https://127.0.0.1:1/mutate' },
      failurePolicy: 'Ignore',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      namespaceSelector: { matchLabels: { nobody: 'has-this' } },
    },
  ],
};

/** Whether the installed account may do it: `yes` or `no`. */
async function may(...what: readonly string[]): Promise<string> {
  // kubectl fails with no.
  return (await plane.kubectl(['auth', 'can-i', ...what, `--as=${ACCOUNT}`]).catch(() => 'no')).trim();
}

/** What there is that was not, and the other way round. */
async function difference(was = before): Promise<readonly string[]> {
  const now = await inventory(plane);
  const wasNot = now.filter((object) => !was.includes(object));
  return [...wasNot, ...was.filter((object) => !now.includes(object))];
}

async function createNamespace(): Promise<void> {
  await plane.kubectl(['create', 'namespace', NAMESPACE]);
  await plane.kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted']);
  // What Kubernetes puts into every namespace.
  for (const object of ['serviceaccount/default', 'configmap/kube-root-ca.crt']) {
    await plane.kubectl(['wait', '--for=create', '--timeout=60s', object, `--namespace=${NAMESPACE}`]);
  }
}

async function deleteNamespace(): Promise<void> {
  await plane.kubectl(['delete', 'namespace', NAMESPACE]);
}

/** Which the chart leaves behind on purpose. */
async function deleteKind(): Promise<void> {
  await plane.kubectl(['delete', 'crd', CRD, '--ignore-not-found']);
}

async function install(args: readonly string[] = []): Promise<HelmOutput> {
  return helm([...withCluster('install'), 'resource-policy', CHART_DIR, '--wait', '--timeout=2m', ...args]);
}

async function uninstall(): Promise<void> {
  await helm([...withCluster('uninstall'), 'resource-policy']);
  await deleteNamespace();
  await deleteKind();
}

function withCluster(command: string): readonly string[] {
  return [command, '--kubeconfig', plane.kubeconfigPath, '--namespace', NAMESPACE];
}

async function podNames(): Promise<readonly string[]> {
  const names = await plane.kubectl(['get', 'pods', `--namespace=${NAMESPACE}`, '--output=name']);
  return names.trim().split('\n');
}
