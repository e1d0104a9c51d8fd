/**
 * The rights of the shipped account are those that are used: the API server's audit log of a session in which everything
 * happens, held against deploy/rbac.yaml and deploy/rbac-admission.yaml.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const ROOT = join(import.meta.dirname, '../..');
const USER = 'system:serviceaccount:kube-system:resource-policy';
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', users: [USER] }, { level: 'None' }],
};
const WITHIN = { timeout: 60_000, interval: 100 };
/** So many that kube-scheduler, with its default sampling, offers a part of them: 100. */
const NODES = 150;

/** Every account may ask these (ClusterRole system:public-info-viewer). */
const FOR_EVERYBODY = ['get /version'];

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number; readonly message?: string };
}

/** What the two files grant, each right in words such as `patch pods/status` or `update leases.coordination.k8s.io in kube-system`. */
function granted(): readonly string[] {
  const rights = ['deploy/rbac.yaml', 'deploy/rbac-admission.yaml'].flatMap((file) =>
    parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).flatMap((document) => {
      const { kind, metadata, rules = [] }: Role = document.toJS();
      const where = kind === 'Role' ? ` in ${metadata.namespace}` : '';
      return rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${wordsOf(verb, resource, group)}${where}`)),
        ),
      );
    }),
  );
  return rights.toSorted();
}

function wordsOf(verb: string, resource: string, group: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

/** The right that a request needs, as one of those granted if it is. */
function rightFor({ verb, requestURI, objectRef }: AuditEvent, rights: readonly string[]): string {
  if (objectRef === undefined) return `${verb} ${requestURI.replace(/\?.*/, '')}`;
  const { apiGroup = '', resource, subresource, namespace } = objectRef;
  const words = wordsOf(verb, subresource === undefined ? resource : `${resource}/${subresource}`, apiGroup);
  return rights.includes(words) ? words : `${words} in ${namespace}`;
}

let plane: ControlPlane;
let extender: ExtenderProcess;
let kubeconfigPath: string;

beforeAll(async () => {
  plane = await startControlPlane({ auditPolicy: AUDIT_POLICY });
  const others = Array.from({ length: NODES }, (_, i) =>
    ecsNode(`other-${i}`, { labels: { pool: 'other' } }),
  );
  const paid = ecsNode('paid-0', { labels: { pool: 'paid' }, allocatable: { cpu: '20' } });
  await createNodes(plane, [...others, paid, virtualNode('eci-0')]);
  await plane.kubectl(['apply', '-f', 'crds', '-f', 'deploy/rbac-admission.yaml']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  kubeconfigPath = await shippedAccount(plane);
  extender = new ExtenderProcess({ kubeconfigPath, flags: ['--admission', '127.0.0.1:0'] });
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
});

afterAll(() => plane.delete());

describe('a session in which everything happens', () => {
  it('pods fill units, wait, and are woken when one of them goes', async () => {
    const labelled = { resource: 'eci', max: 1, podLabels: { tier: 'elastic' } };
    await aNamespace('jobs', { spark: { units: [{ resource: 'ecs', max: 1 }, labelled] } });
    await Promise.all(['a', 'b', 'c'].map((name) => createPod('jobs', name)));
    await expect.poll(async () => (await bound('jobs')).length, WITHIN).toBe(2);

    const [first] = await bound('jobs');
    await plane.kubectl(['--namespace', 'jobs', 'delete', 'pod', first!, '--now']);
    await expect.poll(async () => (await bound('jobs')).length, WITHIN).toBe(2);
  });

  it('a pod goes on to the next unit when its time is over', async () => {
    const whenTryNextUnits = { policy: 'TimeoutOrExceedMax', timeout: '1s' };
    const units = [{ resource: 'ecs', nodeSelector: { pool: 'none' } }, { resource: 'eci' }];
    await aNamespace('timed', { spark: { whenTryNextUnits, units } });
    await createPod('timed', 'a');
    await expect.poll(() => bound('timed'), WITHIN).toEqual(['a']);
  });

  it('kube-scheduler is asked to look at a node that it did not offer', async () => {
    await aNamespace('large', { spark: { units: [{ resource: 'ecs', nodeSelector: { pool: 'paid' } }] } });
    for (let i = 0; i < 12; i += 1) await createPod('large', `p-${i}`);
    await expect.poll(async () => (await bound('large')).length, WITHIN).toBe(12);
    await expect.poll(() => used(), WITHIN).toContain('patch pods/status');
  });

  it('a pod that came another way gets the deletion cost of its unit', async () => {
    await aNamespace('costs', { spark: { units: [{ resource: 'ecs' }, { resource: 'eci' }] } });
    await createPod('costs', 'placed', { nodeName: 'eci-0' });
    const cost = '-o=jsonpath={.metadata.annotations.controller\\.kubernetes\\.io/pod-deletion-cost}';
    const costOf = async (): Promise<string> =>
      plane.kubectl(['--namespace', 'costs', 'get', 'pod', 'placed', cost]);
    await expect.poll(costOf, WITHIN).toBe('-100');
  });

  it('a pod is read that the extender does not know, as after a restart', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = { PodName: 'p', PodNamespace: 'jobs', PodUID: 'u', Node: 'eci-0' };
    const reply = await fetch(`${extender.url}/bind`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(await reply.json()).toEqual({ Error: 'pod jobs/p no longer exists' });
  });

  it('a conflict is told as an event, and told again later', async () => {
    const units = [{ resource: 'ecs' }];
    await aNamespace('conflict', { one: { units }, two: { units } });
    await createPod('conflict', 'a');
    await expect.poll(() => events('conflict'), WITHIN).not.toEqual([]);
    // As if it had been told an hour ago; the next leader looks at it anew.
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString().replace('Z', '000Z');
    for (const event of await events('conflict')) {
      const patch = { series: { count: 2, lastObservedTime: anHourAgo } };
      await plane.api.request(
        'PATCH',
        `/apis/events.k8s.io/v1/namespaces/conflict/events/${event.metadata.name}`,
        patch,
      );
    }
    await extender.stop();
    await extender.start();
    const again = expect.objectContaining({ series: expect.objectContaining({ count: 3 }) });
    await expect.poll(() => events('conflict'), WITHIN).toContainEqual(again);
  });

  it('the explanation of a pod needs no other rights', async () => {
    const main = join(ROOT, 'dist/cli/main.js');
    const args = ['explain', 'pod/a', '--namespace', 'timed', '--kubeconfig', kubeconfigPath];
    const { stdout } = await promisify(execFile)(main, args);
    expect(stdout).toContain('eci-0');
  });

  it('ends in order', async () => {
    await waitUntil('the webhook is registered', async () => used().includes(WEBHOOK_UPDATE));
    expect(await extender.stop()).toBe(0);
  });
});

const WEBHOOK_UPDATE = 'update mutatingwebhookconfigurations.admissionregistration.k8s.io';

describe('the audit log of the session', () => {
  it('shows that nothing was refused', () => {
    const refused = audited().filter(
      ({ responseStatus }) => responseStatus?.code === 401 || responseStatus?.code === 403,
    );
    expect(refused.map(({ responseStatus }) => responseStatus?.message)).toEqual([]);
  });

  it('shows every right used that is granted, and no request for which none is', () => {
    expect(used()).toEqual([...granted(), ...FOR_EVERYBODY].toSorted());
  });

  it('shows no lease and no webhook of another name', () => {
    const named = audited().filter(
      ({ verb, objectRef }) =>
        /^(leases|mutatingwebhookconfigurations)$/.test(objectRef?.resource ?? '') && verb !== 'create',
    );
    expect(new Set(named.map(({ objectRef }) => objectRef?.name))).toEqual(new Set(['resource-policy']));
  });

  it('shows no secret, configuration map or token read', () => {
    const resources = new Set(audited().map(({ objectRef }) => objectRef?.resource));
    for (const resource of ['secrets', 'configmaps', 'serviceaccounts'])
      expect(resources).not.toContain(resource);
  });
});

function audited(): readonly AuditEvent[] {
  return readFileSync(plane.auditLog, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as AuditEvent);
}

/** Rights that were made use of, in the words of {@link granted}. */
function used(): readonly string[] {
  const rights = granted();
  return [...new Set(audited().map((event) => rightFor(event, rights)))].toSorted();
}

async function aNamespace(name: string, policies: Readonly<Record<string, object>>): Promise<void> {
  await plane.kubectl(['create', 'namespace', name]);
  await waitUntil(`pods can be created in ${name}`, () =>
    plane.api.request('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`),
  );
  for (const [policy, spec] of Object.entries(policies)) {
    await plane.api.request(
      'POST',
      `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${name}/resourcepolicies`,
      {
        apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
        kind: 'ResourcePolicy',
        metadata: { name: policy },
        spec,
      },
    );
  }
}

async function createPod(namespace: string, name: string, spec: object = {}): Promise<void> {
  await plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name },
    spec: {
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      containers: [{ name: 'spark', image: 'spark', resources: { requests: { cpu: '1' } } }],
      ...spec,
    },
  });
}

/** Names of the pods that have a node. */
async function bound(namespace: string): Promise<readonly string[]> {
  const { items } = await plane.api.request<{
    items: readonly { metadata: { name: string }; spec: { nodeName?: string } }[];
  }>('GET', `/api/v1/namespaces/${namespace}/pods`);
  return items.filter(({ spec }) => spec.nodeName !== undefined).map(({ metadata }) => metadata.name);
}

interface Event {
  readonly metadata: { readonly name: string };
  readonly regarding: { readonly kind: string };
  readonly series?: { readonly count: number };
}

/** Events on policies. */
async function events(namespace: string): Promise<readonly Event[]> {
  const { items } = await plane.api.request<{ items: readonly Event[] }>(
    'GET',
    `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  );
  return items.filter(({ regarding }) => regarding.kind === 'ResourcePolicy');
}
