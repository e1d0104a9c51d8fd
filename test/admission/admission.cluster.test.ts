/**
 * Jobs that name neither virtual nodes nor a scheduler: their pods are made fit by the shipped admission policies, and,
 * where an API server has none, by the webhook. Both are held to the same cases.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { KubectlError } from '../control-plane/kubectl.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const WITHIN = { timeout: 20_000, interval: 50 };
const POLICIES = 'deploy/admission';
const DEDICATED = 'deploy/admission/dedicated';
const SCHEDULER = 'resource-policy-scheduler';
const REGISTRATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
  readonly value?: string;
}

interface PodSpec {
  readonly nodeName?: string;
  readonly schedulerName?: string;
  readonly tolerations?: readonly Toleration[];
}

type Labels = Readonly<Record<string, string>>;

interface Pod {
  readonly spec: PodSpec & { readonly tolerations: readonly Toleration[] };
}

const SPILLS = { units: [{ resource: 'ecs', max: 0 }, { resource: 'eci' }] };
const STAYS = { units: [{ resource: 'ecs' }] };

const TOLERATION: Toleration = {
  key: 'virtual-kubelet.io/provider',
  operator: 'Exists',
  effect: 'NoSchedule',
};
const OTHER: Toleration = { key: 'team', operator: 'Exists' };
const ONE_VALUE: Toleration = { key: TOLERATION.key!, operator: 'Equal', value: 'alibabacloud' };

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await createNodes(plane, [ecsNode('ecs-0'), virtualNode('eci-0')]);
  await plane.kubectl(['apply', '-f', 'crds']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
});

afterAll(() => plane.delete());

describe('the admission policies', () => {
  let extender: ExtenderProcess;

  beforeAll(async () => {
    await plane.kubectl(['apply', '-f', POLICIES]);
    extender = await scheduled(
      'in-place.yaml',
      new ExtenderProcess({ kubeconfigPath: plane.kubeconfigPath }),
    );
  });

  afterAll(async () => {
    await plane.scheduler.stop();
    await extender.stop();
    await plane.kubectl(['delete', '-f', POLICIES]);
  });

  itIsTheSame('map');

  it('leave the scheduler alone: the one for the dedicated scheduler is applied apart', async () => {
    const names = await plane.kubectl(['get', 'mutatingadmissionpolicies', '-o', 'name']);
    expect(names.trim().split('\n')).toEqual([
      'mutatingadmissionpolicy.admissionregistration.k8s.io/resource-policy-virtual-node-toleration',
    ]);
  });

  it('let a pod without any toleration onto a virtual node', async () => {
    await aNamespace('map-run');
    await aPolicy('map-run', 'p', SPILLS);
    await tolerated('map-run');
    expect(await nodeOfNew('map-run')).toBe('eci-0');
  });

  it('add one toleration when many policies select the pod', async () => {
    await aNamespace('map-many');
    const labels = { a: '', b: '', c: '', d: '', e: '' };
    for (const key of Object.keys(labels)) {
      await aPolicy('map-many', key, { ...SPILLS, selector: { [key]: '' } });
      await tolerated('map-many', { [key]: '' });
    }
    expect(await tolerations('map-many', labels)).toEqual([TOLERATION]);
  });

  it('never keep pods from being created, not even without the CRD', async () => {
    await aNamespace('no-crd');
    await plane.kubectl(['delete', '-f', 'crds']);
    try {
      await expect.poll(() => created('no-crd', {}), WITHIN).toBeDefined();
    } finally {
      await plane.kubectl(['apply', '-f', 'crds']);
      await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    }
    await aPolicy('no-crd', 'p', SPILLS);
    await tolerated('no-crd');
  });
});

describe('warnings', () => {
  beforeAll(async () => {
    await plane.kubectl(['apply', '-f', `${POLICIES}/warnings.yaml`]);
    // In force when the first of them is heard.
    const spec = { units: [{ resource: 'ecs', max: 0 }] };
    await waitUntil('warnings are heard', async () => (await warnings(spec)).length > 0);
  });

  afterAll(() => plane.kubectl(['delete', '-f', `${POLICIES}/warnings.yaml`]));

  const arm = { 'kubernetes.io/arch': 'arm64' };
  const spilling = { 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling': 'true' };
  const cases: Record<string, { spec: object; want: readonly string[] }> = {
    'units after a virtual one without limits': {
      spec: { units: [{ resource: 'ecs' }, { resource: 'eci' }, { resource: 'acs', max: 1 }] },
      want: [
        'spec.units[1] has no max, maxResources or nodeSelector, and virtual nodes do not run out: the units after it are never used. Give it a max, or make it the last',
      ],
    },
    'resource elastic': {
      spec: { units: [{ resource: 'ecs' }, { resource: 'elastic' }] },
      want: [
        'spec.units[1].resource elastic is deprecated: use resource ecs with podLabels {"k8s.aliyun.com/resource-policy-wait-for-ecs-scaling": "true"}',
      ],
    },
    'groups without a limit': {
      spec: { matchLabelKeys: ['job'], units: [{ resource: 'ecs' }, { resource: 'eci' }] },
      want: ['spec.matchLabelKeys changes nothing, because no unit has max or maxResources'],
    },
    'a unit that takes no pod': {
      spec: { units: [{ resource: 'ecs' }, { resource: 'eci', max: 0 }] },
      want: ['spec.units[1].max is 0: this unit takes no pod'],
    },
    'a unit that is there twice': {
      spec: {
        units: [
          { resource: 'ecs', nodeSelector: arm, max: 1 },
          { resource: 'eci', max: 1 },
          { resource: 'ecs', nodeSelector: arm },
        ],
      },
      want: [
        'spec.units[2] has the resource, nodeSelector and podLabels of an earlier unit: raise the max of that one, unless a second portion of the same nodes is meant',
      ],
    },
    'two things at once': {
      spec: { matchLabelKeys: ['job'], units: [{ resource: 'elastic' }] },
      want: [
        'spec.units[0].resource elastic is deprecated: use resource ecs with podLabels {"k8s.aliyun.com/resource-policy-wait-for-ecs-scaling": "true"}',
        'spec.matchLabelKeys changes nothing, because no unit has max or maxResources',
      ],
    },
    'the policy of the Spark example': {
      spec: {
        selector: { app: 'spark' },
        matchLabelKeys: ['job'],
        units: [
          { resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: 2 },
          { resource: 'eci', max: 3 },
        ],
      },
      want: [],
    },
    'units that differ in one thing each': {
      spec: {
        units: [
          { nodeSelector: arm },
          { resource: 'ecs', nodeSelector: arm },
          { resource: 'ecs', nodeSelector: arm, podLabels: spilling },
          { resource: 'ecs', maxResources: { cpu: 4 } },
          { resource: 'eci', nodeSelector: arm },
          { resource: 'eci' },
        ],
      },
      want: [],
    },
  };

  it.for(Object.entries(cases))('%s', async ([, { spec, want }]) => {
    expect(await warnings(spec)).toEqual(want);
  });

  it('are heard at a change too, which they do not prevent', async () => {
    await aNamespace('warned');
    await aPolicy('warned', 'p', STAYS);
    const args = ['--namespace', 'warned', 'patch', 'resourcepolicy', 'p', '--type=merge'];
    const spec = { units: [{ resource: 'elastic' }] };
    expect(await warningsOf([...args, '--patch', JSON.stringify({ spec })])).toHaveLength(1);
    const units = '-o=jsonpath={.spec.units[*].resource}';
    expect(await plane.kubectl(['--namespace', 'warned', 'get', 'resourcepolicy', 'p', units])).toBe(
      'elastic',
    );
  });
});

describe('the admission policy for the dedicated scheduler', () => {
  let extender: ExtenderProcess;

  beforeAll(async () => {
    await plane.kubectl(['apply', '-f', DEDICATED]);
    extender = await scheduled(
      'dedicated.yaml',
      new ExtenderProcess({ kubeconfigPath: plane.kubeconfigPath }),
    );
  });

  afterAll(async () => {
    await plane.scheduler.stop();
    await extender.stop();
    await plane.kubectl(['delete', '-f', DEDICATED]);
  });

  itNamesTheScheduler('map-dedicated');
});

describe('the webhook', () => {
  let extender: ExtenderProcess;

  beforeAll(async () => {
    await plane.kubectl(['apply', '-f', 'deploy/rbac-admission.yaml']);
    const kubeconfigPath = await shippedAccount(plane);
    const flags = ['--admission', '127.0.0.1:0', '--admission-scheduler-name', SCHEDULER];
    extender = await scheduled('dedicated.yaml', new ExtenderProcess({ kubeconfigPath, flags }));
  });

  afterAll(async () => {
    await plane.scheduler.stop();
    await extender.stop();
  });

  itIsTheSame('hook');
  itNamesTheScheduler('hook-dedicated');

  it('lets a pod without any toleration onto a virtual node', async () => {
    await aNamespace('hook-run');
    await aPolicy('hook-run', 'p', SPILLS);
    await tolerated('hook-run');
    expect(await nodeOfNew('hook-run')).toBe('eci-0');
  });

  it('is asked about pods of namespaces with policies, and of no others', async () => {
    await aNamespace('comes-and-goes');
    expect(await namespaces()).not.toContain('comes-and-goes');
    await aPolicy('comes-and-goes', 'p', SPILLS);
    await expect.poll(namespaces, WITHIN).toContain('comes-and-goes');
    await tolerated('comes-and-goes');
    await plane.kubectl(['--namespace', 'comes-and-goes', 'delete', 'resourcepolicy', 'p']);
    await expect.poll(namespaces, WITHIN).not.toContain('comes-and-goes');
    expect(await tolerations('comes-and-goes', {})).toEqual([]);
  });

  it('keeps no pod from being created when it is killed, and is back when it is started again', async () => {
    await aNamespace('killed');
    await aPolicy('killed', 'p', SPILLS);
    await tolerated('killed');

    await extender.kill();
    expect(await namespaces()).toContain('killed');
    expect(await tolerations('killed', {})).toEqual([]);

    await extender.start();
    await tolerated('killed');
  });

  it('takes its registration away when it stops, and pods are created as they come', async () => {
    await aNamespace('stopped');
    await aPolicy('stopped', 'p', SPILLS);
    await tolerated('stopped');

    expect(await extender.stop()).toBe(0);
    expect(await registrations()).toEqual([]);
    expect(await tolerations('stopped', {})).toEqual([]);

    await extender.start();
    await tolerated('stopped');
  });

  it('is not registered while no policy needs it', async () => {
    await plane.kubectl(['delete', 'resourcepolicies', '--all', '--all-namespaces']);
    await expect.poll(registrations, WITHIN).toEqual([]);
  });

  it('was never refused for want of a right', () => {
    expect(extender.log.filter(({ msg }) => /forbidden/i.test(msg))).toEqual([]);
  });
});

/** What both variants do; `prefix` keeps their namespaces apart. */
function itIsTheSame(prefix: string): void {
  const team = `${prefix}-team`;

  describe('the toleration', () => {
    beforeAll(async () => {
      await aNamespace(team);
      await aPolicy(team, 'spills', {
        ...SPILLS,
        selector: { app: 'spark', stage: 'prod' },
        matchExpressions: [
          { key: 'role', operator: 'In', values: ['driver', 'executor'] },
          { key: 'tier', operator: 'NotIn', values: ['gold'] },
          { key: 'queue', operator: 'Exists' },
          { key: 'pinned', operator: 'DoesNotExist' },
        ],
      });
      await aPolicy(team, 'stays', { ...STAYS, selector: { app: 'web' } });
      await tolerated(team, SELECTED);
    });

    const SELECTED: Labels = { app: 'spark', stage: 'prod', role: 'driver', queue: 'q' };
    const cases: Record<string, { labels: Labels; spec?: PodSpec; want: readonly Toleration[] }> = {
      'a selected pod': { labels: SELECTED, want: [TOLERATION] },
      'a selected pod with a label that one value is forbidden for': {
        labels: { ...SELECTED, tier: 'silver' },
        want: [TOLERATION],
      },
      'a selected pod with another toleration': {
        labels: SELECTED,
        spec: { tolerations: [OTHER] },
        want: [OTHER, TOLERATION],
      },
      'a selected pod that tolerates one value of the taint': {
        labels: SELECTED,
        spec: { tolerations: [ONE_VALUE] },
        want: [ONE_VALUE, TOLERATION],
      },
      'a selected pod that has it': {
        labels: SELECTED,
        spec: { tolerations: [TOLERATION] },
        want: [TOLERATION],
      },
      'a selected pod that tolerates everything': {
        labels: SELECTED,
        spec: { tolerations: [{ operator: 'Exists' }] },
        want: [{ operator: 'Exists' }],
      },
      'a selected pod that is created on its node': {
        labels: SELECTED,
        spec: { nodeName: 'ecs-0' },
        want: [],
      },
      'a pod without labels': { labels: {}, want: [] },
      'a pod that lacks a label of the selector': { labels: { ...SELECTED, stage: 'test' }, want: [] },
      'a pod that In leaves out': { labels: { ...SELECTED, role: 'history' }, want: [] },
      'a pod that NotIn leaves out': { labels: { ...SELECTED, tier: 'gold' }, want: [] },
      'a pod that Exists leaves out': { labels: { app: 'spark', stage: 'prod', role: 'driver' }, want: [] },
      'a pod that DoesNotExist leaves out': { labels: { ...SELECTED, pinned: '' }, want: [] },
      'a pod of a policy with real nodes only': { labels: { app: 'web' }, want: [] },
    };

    it.for(Object.entries(cases))('%s', async ([, { labels, spec, want }]) => {
      expect(await tolerations(team, labels, spec)).toEqual(want);
    });

    it('a pod of a namespace without policies', async () => {
      await aNamespace(`${prefix}-other`);
      expect(await tolerations(`${prefix}-other`, SELECTED)).toEqual([]);
    });

    it('a pod of kube-system, whatever policies stand there', async () => {
      await aPolicy('kube-system', prefix, SPILLS);
      // Seen later, and acted upon.
      await aNamespace(`${prefix}-later`);
      await aPolicy(`${prefix}-later`, 'p', SPILLS);
      await tolerated(`${prefix}-later`);
      expect(await tolerations('kube-system', {})).toEqual([]);
      await plane.kubectl(['--namespace', 'kube-system', 'delete', 'resourcepolicy', prefix]);
    });

    it.for(['acs', 'elastic'])('a pod of a policy with a unit of resource %s', async (resource) => {
      const namespace = `${prefix}-${resource}`;
      await aNamespace(namespace);
      await aPolicy(namespace, 'p', { units: [{ resource: 'ecs' }, { resource }] });
      await expect.poll(() => tolerations(namespace, {}), WITHIN).toEqual([TOLERATION]);
    });
  });
}

function itNamesTheScheduler(namespace: string): void {
  describe('the scheduler', () => {
    beforeAll(async () => {
      await aNamespace(namespace);
      await aPolicy(namespace, 'p', { ...STAYS, selector: { app: 'spark' } });
      await waitUntil(
        `new pods in ${namespace} get the scheduler`,
        async () => (await schedulerOf(namespace, { app: 'spark' })) === SCHEDULER,
      );
    });

    it('is not named for pods that no policy selects', async () => {
      expect(await schedulerOf(namespace, { app: 'web' })).toBe('default-scheduler');
    });

    it('is not named for pods that name another, nor for those that are created on their node', async () => {
      const selected = { app: 'spark' };
      expect(await schedulerOf(namespace, selected, { schedulerName: 'volcano' })).toBe('volcano');
      expect(await schedulerOf(namespace, selected, { nodeName: 'ecs-0' })).toBe('default-scheduler');
    });

    it('places a pod that names none', async () => {
      expect(await nodeOfNew(namespace, { app: 'spark' })).toBe('ecs-0');
    });
  });
}

/** Starts the extender, and kube-scheduler with a shipped configuration that points to it. */
async function scheduled(
  file: 'in-place.yaml' | 'dedicated.yaml',
  extender: ExtenderProcess,
): Promise<ExtenderProcess> {
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: shippedSchedulerConfig(file, extender.url) });
  return extender;
}

async function aNamespace(name: string): Promise<void> {
  await plane.kubectl(['create', 'namespace', name]);
  // Until then no pod can be created in it.
  await waitUntil(`pods can be created in ${name}`, () => created(name, {}));
}

function policyObject(name: string, spec: object): object {
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name },
    spec,
  };
}

async function aPolicy(namespace: string, name: string, spec: object): Promise<void> {
  const path = `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${namespace}/resourcepolicies`;
  await plane.api.request('POST', path, policyObject(name, spec));
}

/** The pod as it would be stored. */
async function created(namespace: string, labels: Labels, spec: PodSpec = {}): Promise<Pod> {
  return plane.api.request(
    'POST',
    `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
    podObject(labels, spec),
  );
}

function podObject(labels: Labels, spec: PodSpec): object {
  return {
    metadata: { name: 'pod', labels },
    spec: { ...spec, containers: [{ name: 'spark', image: 'spark' }] },
  };
}

/** Tolerations of a new pod, without those that every pod gets. */
async function tolerations(
  namespace: string,
  labels: Labels,
  spec?: PodSpec,
): Promise<readonly Toleration[]> {
  const pod = await created(namespace, labels, spec);
  return pod.spec.tolerations.filter(({ key = '' }) => !key.startsWith('node.kubernetes.io/'));
}

/** Until new pods with these labels get the toleration: the API server learns of policies a moment later. */
async function tolerated(namespace: string, labels: Labels = {}): Promise<void> {
  await waitUntil(`new pods in ${namespace} get the toleration`, async () =>
    isDeepStrictEqual(await tolerations(namespace, labels), [TOLERATION]),
  );
}

async function schedulerOf(namespace: string, labels: Labels, spec?: PodSpec): Promise<string | undefined> {
  return (await created(namespace, labels, spec)).spec.schedulerName;
}

/** Creates a pod for good, and waits for the node that it is bound to. */
async function nodeOfNew(namespace: string, labels: Labels = {}): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await plane.api.request('POST', path, podObject(labels, {}));
  const node = async (): Promise<string | undefined> =>
    (await plane.api.request<Pod>('GET', `${path}/pod`)).spec.nodeName;
  await expect.poll(node, WITHIN).toBeDefined();
  return node();
}

/** What kubectl prints as warnings when a policy with this spec is created. */
async function warnings(spec: object): Promise<readonly string[]> {
  return warningsOf(['create', '--dry-run=server', '-f', '-'], JSON.stringify(policyObject('p', spec)));
}

async function warningsOf(args: readonly string[], input = ''): Promise<readonly string[]> {
  try {
    await plane.kubectl([...args, '--warnings-as-errors'], { input });
    return [];
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    const lines = error.stderr.split('\n').filter((line) => line.startsWith('Warning: '));
    if (lines.length === 0) throw error;
    return lines.map((line) => line.replace(/^Warning: .* with binding '[^']+': /, ''));
  }
}

interface Registration {
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly [
    {
      readonly namespaceSelector: {
        readonly matchExpressions: readonly [{ readonly values: readonly string[] }];
      };
    },
  ];
}

async function registrations(): Promise<readonly Registration[]> {
  return (await plane.api.request<{ items: readonly Registration[] }>('GET', REGISTRATIONS)).items;
}

/** Namespaces whose pods the API server sends to the webhook. */
async function namespaces(): Promise<readonly string[]> {
  const [registration] = await registrations();
  return registration?.webhooks[0].namespaceSelector.matchExpressions[0].values ?? [];
}
