import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PlanCluster } from '../../src/cli/plan-scene.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { nodeManifest, planned, unitsOf } from '../support/plan/planned.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/spark-pi');
const [SPARK_POLICY, SPARK_PI, SPARK_NODES] = ['resourcepolicy.yaml', 'spark-pi.yaml', 'nodes.yaml'].map(
  (name) => readFileSync(join(EXAMPLE, name), 'utf8'),
) as [string, string, string];

const NODES = [nodeManifest('ecs-0'), nodeManifest('ecs-1'), nodeManifest('eci-0', '100k')];

function policy(spec: object): string {
  const api = { apiVersion: 'scheduling.alibabacloud.com/v1alpha1', kind: 'ResourcePolicy' };
  return JSON.stringify({ ...api, metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ...spec } });
}

const TWO_UNITS = policy({
  units: [
    { resource: 'ecs', max: 2 },
    { resource: 'eci', max: 2 },
  ],
});

function workload(kind: string, spec: object, podSpec: object = {}): string {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }], ...podSpec },
  };
  return JSON.stringify({ kind, metadata: { name: 'web' }, spec: { ...spec, template } });
}

function podManifest(name: string, fields: { spec?: object; status?: object; labels?: object } = {}): string {
  const { spec = {}, status = {}, labels = { app: 'web' } } = fields;
  return JSON.stringify({ kind: 'Pod', metadata: { name, labels }, spec, status });
}

/** A cluster with nodes `ecs-0` and `eci-0` and the policy `web` of one pod on ECS. */
function clusterOf(bound: readonly PodBuilder[], waiting: readonly PodBuilder[] = []): PlanCluster {
  return {
    policies: [aPolicy('web').selecting({ app: 'web' }).unit({ resource: 'ecs', max: 1 }).parsed()],
    nodes: [aNode('ecs-0'), aNode('eci-0').virtual()].map((node) =>
      node.allocating({ cpu: '8', memory: '32Gi', pods: '110' }).facts(),
    ),
    bound: bound.map((pod) => pod.facts()),
    waiting: waiting.map((pod) => ({
      facts: pod.facts(),
      constraints: podConstraints(pod.object()),
      preferences: [],
    })),
    priorities: new Map(),
  };
}

const web = (name: string): PodBuilder => aPod(name).labels({ app: 'web' });

/** A term of node affinity on the label of virtual nodes. */
const types = (operator: string): object => ({
  matchExpressions: [{ key: 'type', operator, values: ['virtual-kubelet'] }],
});

describe('a SparkApplication', () => {
  it('of the example: driver and one executor on ECS, three on ECI, and one waits', () => {
    const report = planned([SPARK_POLICY, SPARK_PI, SPARK_NODES]);
    const ecs = 'ecs(kubernetes.io/arch=amd64)';

    expect(unitsOf(report)).toEqual({
      'spark-pi-driver': ecs,
      'spark-pi-exec-1': ecs,
      'spark-pi-exec-2': 'eci',
      'spark-pi-exec-3': 'eci',
      'spark-pi-exec-4': 'eci',
      'spark-pi-exec-5': 'pending',
    });
    expect(report.workloads[0]?.pods[5]?.why).toBe(
      '0/4 nodes are available: 4 ResourcePolicy sparkapplication-resource-policy: unit 1 ecs(kubernetes.io/arch=amd64) ' +
        'is at max 2, unit 2 eci is at max 3 (per sparkoperator.k8s.io/submission-id).',
    );
    expect(report.totals).toEqual({ bound: 0, placed: 5, later: 0, pending: 1 });
    expect(report.policies).toMatchObject([
      {
        name: 'sparkapplication-resource-policy',
        units: [
          { pods: 2, max: 2, nodes: 2 },
          { pods: 3, max: 3 },
        ],
      },
    ]);
  });

  it('counts for itself beside another one', () => {
    const other = SPARK_PI.replace('name: spark-pi', 'name: other');
    const { workloads } = planned([SPARK_POLICY, SPARK_PI, other, SPARK_NODES]);

    expect(
      workloads.map(({ name, pods }) => [name, pods.filter(({ state }) => state === 'placed').length]),
    ).toEqual([
      ['spark-pi', 5],
      ['other', 5],
    ]);
  });

  it('whose driver waits has no executors', () => {
    const { workloads } = planned([
      SPARK_POLICY.replace('max: 2', 'max: 0').replace('max: 3', 'max: 0'),
      SPARK_PI,
      SPARK_NODES,
    ]);

    expect(workloads[0]?.pods.map(({ why }) => why)).toEqual([
      expect.stringContaining('is at max 0'),
      ...Array<string>(5).fill('not created before spark-pi-driver runs'),
    ]);
  });

  it('that runs already: its executors join the group of its driver', () => {
    const label = 'sparkoperator.k8s.io/submission-id';
    const spark = aPod('spark-pi-driver').labels({
      'sparkoperator.k8s.io/app-name': 'spark-pi',
      'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
      'spark-role': 'driver',
      [label]: 'running',
    });
    const cluster = clusterOf([
      spark.on('cn-beijing.192.168.0.11'),
      aPod('another')
        .labels({ 'sparkoperator.k8s.io/launched-by-spark-operator': 'true', [label]: 'running' })
        .on('cn-beijing.192.168.0.12'),
    ]);
    const report = planned([SPARK_POLICY.replace('ignorePreviousPod: true', ''), SPARK_PI, SPARK_NODES], {
      cluster,
    });

    expect(report.totals).toEqual({ bound: 1, placed: 3, later: 0, pending: 2 });
    expect(Object.values(unitsOf(report)).filter((unit) => unit === 'eci')).toHaveLength(3);
  });
});

describe('a SparkApplication that no policy selects goes by its own affinity', () => {
  const tolerations = [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }];
  const only = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [types('In')] },
  };
  const first = {
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: types('NotIn') }],
  };

  it.for([
    ['ECS alone', {}, ['ecs-0', 'ecs-0', 'Pending']],
    ['ECI alone', { tolerations, affinity: { nodeAffinity: only } }, ['eci-0', 'eci-0', 'eci-0']],
    ['ECS first', { tolerations, affinity: { nodeAffinity: first } }, ['ecs-0', 'ecs-0', 'eci-0']],
  ] as const)('%s', ([, role, nodes]) => {
    const app = {
      kind: 'SparkApplication',
      metadata: { name: 'pi' },
      spec: { driver: role, executor: { instances: 2, cores: 2, ...role } },
    };
    const { workloads } = planned([
      JSON.stringify(app),
      nodeManifest('ecs-0', '3'),
      nodeManifest('eci-0', '100k'),
    ]);

    expect(workloads[0]?.pods.map(({ node = 'Pending' }) => node)).toEqual(nodes);
  });
});

describe('a Deployment', () => {
  it('fills the units, and scales in backward through them', () => {
    const report = planned([TWO_UNITS, workload('Deployment', { replicas: 5 }), ...NODES]);

    expect(unitsOf(report)).toEqual({
      'web-1': 'ecs',
      'web-2': 'ecs',
      'web-3': 'eci',
      'web-4': 'eci',
      'web-5': 'pending',
    });
    expect(report.workloads[0]?.scaleIn).toMatchObject({
      followsUnits: true,
      order: ['web-5', 'web-4', 'web-3', 'web-2', 'web-1'],
    });
  });

  it('with a deletion cost of its own in the template leaves in that order', () => {
    const report = planned([
      TWO_UNITS,
      workload('Deployment', { replicas: 4 }).replace(
        '"metadata":{"labels"',
        '"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"7"},"labels"',
      ),
      ...NODES,
    ]);

    // All cost the same, so the node with two of them comes first.
    expect(report.workloads[0]?.scaleIn.order).toEqual(['web-4', 'web-3', 'web-2', 'web-1']);
  });

  it('that has pods already gets the others only', () => {
    const report = planned([
      TWO_UNITS,
      workload('Deployment', { replicas: 4, selector: { matchLabels: { app: 'web' } } }),
      podManifest('web-abc-x', { spec: { nodeName: 'ecs-0' } }),
      podManifest('web-abc-y', { spec: { nodeName: 'ecs-1' } }),
      podManifest('web-abc-old', { spec: { nodeName: 'ecs-1' }, status: { phase: 'Succeeded' } }),
      ...NODES,
    ]);

    expect(unitsOf(report)).toEqual({
      'web-abc-x': 'ecs',
      'web-abc-y': 'ecs',
      'web-3': 'eci',
      'web-4': 'eci',
    });
    expect(report.workloads).toHaveLength(1);
    expect(report.totals).toMatchObject({ bound: 2, placed: 2 });
  });

  it('that has more pods than it is to have is told of', () => {
    const bound = ['a', 'b', 'c'].map((name) => web(name).on('ecs-0'));
    const report = planned([workload('Deployment', { replicas: 1 })], { cluster: clusterOf(bound) });

    expect(report.totals).toMatchObject({ bound: 3, placed: 0 });
    expect(report.notes).toContain(
      'Deployment web has 2 pods more than the 1 it is to have: scale-in removes them',
    );
  });
});

describe('other workloads', () => {
  it.for([
    ['ReplicaSet', { replicas: 2 }, ['web-1', 'web-2'], true],
    ['StatefulSet', { replicas: 2 }, ['web-0', 'web-1'], false],
    ['Job', { parallelism: 3, completions: 2 }, ['web-1', 'web-2'], false],
    ['Job', { parallelism: 3 }, ['web-1', 'web-2', 'web-3'], false],
    ['Deployment', {}, ['web-1'], true],
  ] as const)('%s %j has pods %j', ([kind, spec, names, followsUnits]) => {
    const { workloads } = planned([TWO_UNITS, workload(kind, spec), ...NODES]);

    expect(workloads).toMatchObject([{ kind, wanted: names.length, scaleIn: { followsUnits } }]);
    expect(workloads[0]?.pods.map(({ name }) => name)).toEqual(names);
  });

  it('Pods are placed in the order of the file, and reported together', () => {
    const report = planned([
      TWO_UNITS,
      podManifest('first'),
      workload('Deployment', { replicas: 2, selector: { matchLabels: { tier: 'new' } } }),
      podManifest('last'),
      ...NODES,
    ]);

    expect(unitsOf(report)).toEqual({ first: 'ecs', 'web-1': 'ecs', 'web-2': 'eci', last: 'eci' });
    expect(report.workloads.map(({ kind, name }) => [kind, name])).toEqual([
      ['Deployment', 'web'],
      ['Pod', ''],
    ]);
  });

  it('kinds that are not planned are told of', () => {
    const { notes } = planned([
      TWO_UNITS,
      podManifest('p'),
      'kind: CronJob\nmetadata: {name: nightly}',
      ...NODES,
    ]);

    expect(notes).toContain('CronJob nightly is not planned');
  });

  it('what else kube-scheduler looks at is told of, once', () => {
    const spread = [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }];
    const { notes } = planned([
      workload('Deployment', { replicas: 3 }, { topologySpreadConstraints: spread }),
      ...NODES,
    ]);

    expect(notes).toEqual([
      'kube-scheduler looks at topology spread of the pods, too, and the plan does not',
    ]);
  });

  it('an application that allocates executors as it needs them is planned with the most', () => {
    const app = SPARK_PI.replace(
      'executor:',
      'dynamicAllocation: {enabled: true, maxExecutors: 2}\n  executor:',
    );
    const { notes, totals } = planned([SPARK_POLICY, app, SPARK_NODES]);

    expect(totals.placed).toBe(3);
    expect(notes).toContain('SparkApplication spark-pi allocates executors as it needs them: planned with 2');
  });
});

describe('admission', () => {
  it('lets pods of a policy with an elastic unit onto virtual nodes, and it is said', () => {
    const eciOnly = policy({ units: [{ resource: 'eci' }] });
    const report = planned([eciOnly, podManifest('p'), ...NODES]);

    expect(unitsOf(report)).toEqual({ p: 'eci' });
    expect(report.notes).toEqual([expect.stringContaining('at admission')]);
  });

  it('does nothing for other pods', () => {
    const report = planned([podManifest('p'), nodeManifest('eci-0')]);

    expect(unitsOf(report)).toEqual({ p: 'pending' });
    expect(report.notes).toEqual([]);
  });

  it('gives pods the priority of their class', () => {
    const texts = [
      TWO_UNITS,
      nodeManifest('ecs-0', '1'),
      podManifest('low', {
        spec: { nodeName: 'ecs-0', containers: [{ resources: { requests: { cpu: '1' } } }] },
      }),
    ];
    const high = (name: string): string =>
      podManifest('high', {
        spec: { priorityClassName: name, containers: [{ resources: { requests: { cpu: '1' } } }] },
      });
    const evicts =
      'the pending pod has a higher priority than pods that are placed: preemption may make room, and is not planned';

    expect(
      planned([...texts, high('batch'), 'kind: PriorityClass\nmetadata: {name: batch}\nvalue: 5']).notes,
    ).toContain(evicts);
    expect(planned([...texts, high('system-node-critical')]).notes).toContain(evicts);
    expect(planned([...texts, high('unknown')]).notes).toContain(
      'PriorityClass unknown is not known: its pods count as having priority 0',
    );
    expect(
      planned([
        ...texts,
        podManifest('plain', { spec: { containers: [{ resources: { requests: { cpu: '1' } } }] } }),
        'kind: PriorityClass\nmetadata: {name: usual}\nvalue: 3\nglobalDefault: true',
      ]).notes,
    ).toContain(evicts);
  });
});

describe('with a cluster', () => {
  const deployment = workload('Deployment', { replicas: 2, selector: { matchLabels: { tier: 'new' } } });

  it('its pods count, and its policies hold', () => {
    const report = planned([deployment], { cluster: clusterOf([web('there').on('ecs-0')]) });

    expect(unitsOf(report)).toEqual({ 'web-1': 'pending', 'web-2': 'pending' });
  });

  it('a policy of the files takes the place of the one of that name, as old as it is', () => {
    const cluster = clusterOf([web('there').on('ecs-0').scheduledAt(5_000)]);
    const raised = policy({ ignorePreviousPod: true, units: [{ resource: 'ecs', max: 2 }] });

    // Created at the epoch, before the pod was scheduled, which counts therefore.
    expect(unitsOf(planned([raised, deployment], { cluster }))).toEqual({
      'web-1': 'ecs',
      'web-2': 'pending',
    });
  });

  it('a new policy ignores the pods that were there before it, if it is to', () => {
    const cluster = { ...clusterOf([web('there').on('ecs-0').scheduledAt(5_000)]), policies: [] };
    const fresh = policy({ ignorePreviousPod: true, units: [{ resource: 'ecs', max: 2 }] });

    expect(unitsOf(planned([fresh, deployment], { cluster }))).toEqual({ 'web-1': 'ecs', 'web-2': 'ecs' });
  });

  it('nodes of the files come on top', () => {
    const report = planned(
      [deployment, nodeManifest('ecs-0', '500m'), policy({ units: [{ resource: 'ecs' }] })],
      {
        cluster: clusterOf([]),
      },
    );

    expect(unitsOf(report)).toEqual({ 'web-1': 'pending', 'web-2': 'pending' });
    expect(report.policies).toMatchObject([{ units: [{ nodes: 1 }] }]);
  });

  it('says how many of its pods take places beside those of the files, by unit', () => {
    const there = web('web-0').on('ecs-0').placedBy('web', 'ecs');
    const report = planned([podManifest('web-1')], { cluster: clusterOf([there]) });
    expect(unitsOf(report)).toEqual({ 'web-1': 'pending' });
    expect(report.policies).toMatchObject([{ units: [{ pods: 0, others: 1, max: 1 }] }]);
    const alone = planned([podManifest('web-1')], { cluster: clusterOf([]) });
    expect(alone.policies[0]?.units[0]).not.toHaveProperty('others');
  });

  it('a policy that is there twice counts as it was said last', () => {
    const report = planned([
      policy({ units: [{ resource: 'ecs', max: 0 }] }),
      TWO_UNITS,
      ...NODES,
      deployment,
    ]);
    expect(unitsOf(report)).toEqual({ 'web-1': 'ecs', 'web-2': 'ecs' });
    expect(report.notes).toContain(
      'ResourcePolicy default/web is there more than once: the last one counts, as with kubectl apply',
    );
  });

  it('pods that wait are tried first, by priority and age', () => {
    const waiting = [
      web('young').createdAt(3_000),
      web('old').createdAt(1_000),
      web('important').createdAt(5_000).priority(9),
    ];
    const two = policy({ units: [{ resource: 'ecs', max: 2 }] });
    const onlyWaiting = planned([two], { cluster: clusterOf([], waiting) });

    expect(unitsOf(onlyWaiting)).toEqual({ important: 'ecs', old: 'ecs', young: 'pending' });
    const report = planned([two, deployment], { cluster: clusterOf([], waiting) });
    expect(unitsOf(report)).toEqual({ 'web-1': 'pending', 'web-2': 'pending' });
    expect(report.notes).toEqual(['3 pods of the cluster that wait already are tried first']);
  });

  it('pods of the files that are in the cluster count once', () => {
    const report = planned([podManifest('there'), podManifest('new')], {
      cluster: clusterOf([web('there').on('ecs-0')]),
    });

    expect(unitsOf(report)).toEqual({ new: 'pending' });
  });
});
