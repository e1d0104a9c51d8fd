import { describe, expect, it } from 'vitest';
import type { PodReport } from '../../src/scheduling/explain-pod.ts';
import { explainPod } from '../../src/scheduling/explain-pod.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { ClusterSpec, PodSpec } from '../support/snapshot.ts';
import { seen, snapshotOf, VIRTUAL_TAINT } from '../support/snapshot.ts';

const ecs0 = aNode('ecs-0');
const ecs1 = aNode('ecs-1');
const eci0 = aNode('eci-0').virtual();
const nodes = [ecs0, ecs1, eci0];
const spark = aPolicy('spark').unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 1 });
const waitsFor = (policy: string, timeout?: string) => ({
  whenTryNextUnits: { policy, ...(timeout === undefined ? {} : { timeout }) },
});

/** The report on the pod in a cluster that holds it too. */
function explained(pod: PodBuilder | PodSpec, cluster: ClusterSpec = {}): PodReport {
  const snapshot = snapshotOf({ policies: [spark], nodes, ...cluster, pods: [...(cluster.pods ?? []), pod] });
  return explainPod(snapshot, seen(pod));
}

/** `NUMBER NAME: PODS/MAX, FEASIBLE of NODES nodes, TEXT` of each unit. */
const units = (report: PodReport): readonly string[] =>
  report.units.map(
    ({ number, name, pods, max, feasibleNodes, nodes: count, text }) =>
      `${number} ${name}: ${pods}/${max ?? '-'}, ${feasibleNodes ?? '-'} of ${count} nodes, ${text ?? '-'}`,
  );

/** How it counts, and its cost. */
const placement = (pod: PodBuilder, cluster: ClusterSpec = {}) => {
  const report = explained(pod, cluster);
  expect(report.decision).toBeUndefined();
  return report.placement;
};

describe('which policy selects a pod', () => {
  it('none: it is kube-scheduler’s alone, and each policy’s reason is there', () => {
    const report = explained(aPod('p').labels({ app: 'web' }), {
      policies: [
        spark,
        aPolicy('all-but')
          .selecting({})
          .spec({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }),
      ],
    });

    expect(report.selection).toEqual({
      outcome: 'none',
      policies: [],
      text: 'no ResourcePolicy selects this pod: kube-scheduler is free to choose its node',
      others: [
        { policy: 'all-but', unmet: ['app notin (web)'] },
        { policy: 'spark', unmet: ['app=spark'] },
      ],
    });
    expect(report.units).toEqual([]);
    expect(report.decision).toBeUndefined();
  });

  it('one: its group is the labels of matchLabelKeys', () => {
    const report = explained(aPod('p').ofGroup('s1'), { policies: [spark.perGroup()] });

    expect(report.selection).toMatchObject({ outcome: 'member', policies: ['spark'] });
    expect(report.group).toEqual({ job: 's1' });
    expect(explained(aPod('p')).group).toBeUndefined();
  });

  const refused: Record<
    string,
    { pod: PodBuilder; cluster: ClusterSpec; outcome: string; policies: string[]; text: string }
  > = {
    'several: by their names': {
      pod: aPod('p'),
      cluster: { policies: [spark, aPolicy('also').unit({ resource: 'ecs' })] },
      outcome: 'conflict',
      policies: ['also', 'spark'],
      text: 'more than one ResourcePolicy selects this pod: also, spark; change their selectors so that one does',
    },
    'one that cannot group it': {
      pod: aPod('p'),
      cluster: { policies: [spark.perGroup()] },
      outcome: 'missing-label',
      policies: ['spark'],
      text: 'ResourcePolicy spark: the pod lacks the label job of matchLabelKeys, so it belongs to no group',
    },
    'one that is invalid': {
      pod: aPod('p'),
      cluster: { policies: [aPolicy('spark').unit({ resource: 'ecs', max: -1 })] },
      outcome: 'invalid-policy',
      policies: ['spark'],
      text: 'ResourcePolicy spark is invalid: spec.units[0].max must be a whole number, 0 or more',
    },
  };

  it.for(Object.entries(refused))('%s', ([, { pod, cluster, outcome, policies, text }]) => {
    const report = explained(pod, cluster);

    expect(report.selection).toEqual({ outcome, policies, text, others: [] });
    expect(report.units).toEqual([]);
  });
});

describe('a waiting pod', () => {
  it('no unit takes: each unit’s count, limit and reason, and the sentence of /filter', () => {
    const pods = [aPod('a').on('ecs-0'), aPod('b').on('ecs-1'), aPod('c').on('eci-0')];
    const report = explained(aPod('p'), { pods });

    expect(report.state).toBe('waiting');
    expect(units(report)).toEqual([
      '1 ecs: 2/2, 2 of 2 nodes, is at max 2',
      '2 eci: 1/1, 1 of 1 nodes, is at max 1',
    ]);
    expect(report.decision).toEqual({
      outcome: 'refused',
      text: 'ResourcePolicy spark: unit 1 ecs is at max 2, unit 2 eci is at max 1',
    });
  });

  it('a unit has room for: the next try of kube-scheduler will place it', () => {
    const report = explained(aPod('p'), { pods: [aPod('a').on('ecs-0'), aPod('b').on('ecs-1')] });

    expect(units(report)).toEqual([
      '1 ecs: 2/2, 2 of 2 nodes, is at max 2',
      '2 eci: 0/1, 1 of 1 nodes, has room for it',
    ]);
    expect(report.decision).toEqual({
      outcome: 'chosen',
      unit: 'eci',
      text: 'unit 2 eci has room for it (unit 1 ecs is at max 2): kube-scheduler may place it at its next try',
    });
    expect(units(explained(aPod('p')))[1]).toBe('2 eci: 0/1, 1 of 1 nodes, is not needed');
  });

  it('counts its own group only', () => {
    const pods = [aPod('a').ofGroup('s1').on('ecs-0'), aPod('b').ofGroup('s2').on('ecs-0')];

    expect(units(explained(aPod('p').ofGroup('s1'), { policies: [spark.perGroup()], pods }))[0]).toBe(
      '1 ecs: 1/2, 2 of 2 nodes, has room for it',
    );
  });

  it('no node can take: what keeps it off which number of nodes', () => {
    const big = aPod('p').requesting({ cpu: '9' });
    const report = explained(big, {
      nodes: [
        ecs0,
        { node: ecs1, unschedulable: true },
        { node: aNode('ecs-2'), taints: [{ key: 'db', value: '', effect: 'NoSchedule' }] },
        aNode('ecs-3'),
        { node: eci0, taints: [VIRTUAL_TAINT] },
      ],
    });

    expect(units(report)).toEqual([
      '1 ecs: 0/2, 0 of 4 nodes, has no feasible node',
      '2 eci: 0/1, 0 of 1 nodes, has no feasible node',
    ]);
    expect(report.units.map(({ obstacles }) => obstacles)).toEqual([
      [
        { reason: 'insufficient-resources', detail: 'cpu', nodes: 2 },
        { reason: 'cordoned', detail: '', nodes: 1 },
        { reason: 'untolerated-taint', detail: 'db:NoSchedule', nodes: 1 },
      ],
      [
        {
          reason: 'untolerated-taint',
          detail: 'virtual-kubelet.io/provider=alibabacloud:NoSchedule',
          nodes: 1,
        },
      ],
    ]);
  });

  it('room on a node is what all its pods leave, of any namespace and policy, those that have ended left out', () => {
    const pods = [
      aPod('a').in('other').labels({}).requesting({ cpu: '5' }).on('ecs-0'),
      aPod('b').in('other').labels({}).requesting({ cpu: '5' }).on('ecs-1').finished(),
    ];

    expect(explained(aPod('p').requesting({ cpu: '4' }), { pods }).units[0]).toMatchObject({
      feasibleNodes: 1,
      obstacles: [{ reason: 'insufficient-resources', detail: 'cpu', nodes: 1 }],
    });
  });

  it('its own nodeSelector and tolerations count', () => {
    const tainted = { node: eci0, taints: [VIRTUAL_TAINT] };
    const feasible = (spec: PodSpec['spec']): readonly (number | undefined)[] =>
      explained({ pod: aPod('p'), spec }, { nodes: [ecs0, aNode('arm').arch('arm64'), tainted] }).units.map(
        ({ feasibleNodes }) => feasibleNodes,
      );

    expect(feasible({})).toEqual([2, 0]);
    expect(feasible({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } })).toEqual([1, 0]);
    expect(feasible({ tolerations: [{ key: VIRTUAL_TAINT.key, operator: 'Exists' }] })).toEqual([2, 1]);
  });

  it('maxResources: what is used of them', () => {
    const limited = aPolicy('spark').unit({ resource: 'ecs', maxResources: { cpu: '3', memory: '4Gi' } });
    const pods = [aPod('a').requesting({ cpu: '1500m', memory: '1Gi' }).on('ecs-0')];
    const report = explained(aPod('p').requesting({ cpu: '2' }), { policies: [limited], pods });

    expect(report.units[0]).toMatchObject({
      pods: 1,
      maxResources: [
        { resource: 'cpu', used: 1_500, limit: 3_000 },
        { resource: 'memory', used: 1024 ** 3, limit: 4 * 1024 ** 3 },
      ],
      verdict: 'at-max-resources',
      text: 'has no room left in maxResources cpu 3, memory 4Gi',
    });
  });

  it('waits for resources for a time: since when, until when', () => {
    const policy = spark.spec(waitsFor('TimeoutOrExceedMax', '10m'));
    const big = aPod('p').requesting({ cpu: '9' });
    const report = explained(big.waitingSince({ ecs: 60_000, gone: 1_000 }), {
      policies: [policy],
      nowMs: 90_000,
    });

    expect(report.decision).toEqual({
      outcome: 'waiting',
      unit: 'ecs',
      cause: 'resources-for-a-time',
      text: 'ResourcePolicy spark: unit 1 ecs has no feasible node, waiting for one up to 10m',
    });
    expect(report.waiting?.timed).toEqual([
      { unit: 'ecs', since: '1970-01-01T00:01:00.000Z', until: '1970-01-01T00:11:00.000Z' },
    ]);
    expect(units(report)[1]).toBe('2 eci: 0/1, 0 of 1 nodes, is not tried yet');
  });

  it('and goes on when the time is over', () => {
    const policy = spark.spec(waitsFor('TimeoutOrExceedMax', '10m'));
    const big = aPod('p').requesting({ cpu: '9' }).waitingSince({ ecs: 0 });

    expect(units(explained(big, { policies: [policy], nowMs: 600_000 }))[0]).toBe(
      '1 ecs: 0/2, 0 of 2 nodes, has had no feasible node for 10m',
    );
  });

  it('kube-scheduler’s last word and since when, gates, and the node it is nominated for', () => {
    const report = explained(
      {
        pod: aPod('p').unschedulable('0/3 nodes').nominated('ecs-1'),
        spec: { schedulingGates: [{ name: 'g' }], schedulerName: 's' },
      },
      { nowMs: 5_000 },
    );

    expect(report).toMatchObject({
      schedulerName: 's',
      at: '1970-01-01T00:00:05.000Z',
      waiting: { message: '0/3 nodes', gates: ['g'], nominatedNode: 'ecs-1', unchecked: [] },
    });
    expect(explained(aPod('p')).waiting).toEqual({ gates: [], timed: [], unchecked: [] });
  });

  it('what else kube-scheduler looks at is said', () => {
    const spec = { topologySpreadConstraints: [{ whenUnsatisfiable: 'DoNotSchedule' }] };

    expect(explained({ pod: aPod('p'), spec }).waiting?.unchecked).toEqual(['topology spread']);
  });

  it('may preempt before the next unit: of an old pod that attempt is over', () => {
    const policy = spark.spec({ preemptPolicy: 'BeforeNextUnit' });
    const pods = [aPod('a').on('ecs-0'), aPod('b').on('ecs-1')];
    const urgent = aPod('p').priority(9);

    expect(explained(urgent, { policies: [policy], pods }).decision).toMatchObject({
      outcome: 'chosen',
      unit: 'eci',
    });
    const leaving = [...pods, aPod('web').labels({ app: 'web' }).on('ecs-0').terminating()];
    expect(
      explained(urgent.nominated('ecs-0'), { policies: [policy], pods: leaving }).decision,
    ).toMatchObject({
      outcome: 'waiting',
      unit: 'ecs',
      cause: 'preemption',
    });
  });
});

describe('a bound pod', () => {
  const eciCost = aPod('p').on('eci-0').placedBy('spark', 'eci').ownCost(-100);

  it('counts in its unit', () => {
    expect(explained(eciCost)).toMatchObject({ state: 'bound' });
    expect(placement(eciCost)).toEqual({
      nodeName: 'eci-0',
      since: '1970-01-01T00:00:00.000Z',
      counts: [{ policy: 'spark', unit: 'eci', isCounted: true, text: 'counts in unit 2 eci' }],
      recorded: { policy: 'spark', unit: 'eci' },
      deletionCost: { value: '-100', writtenBy: 'resource-policy', ofUnit: -100 },
    });
    expect(units(explained(eciCost))).toEqual(['1 ecs: 0/2, - of 2 nodes, -', '2 eci: 1/1, - of 1 nodes, -']);
  });

  const marked = aPolicy('spark').unit({ resource: 'ecs', podLabels: { tier: 'paid' }, max: 2 });
  const uncounted: Record<string, { pod: PodBuilder; cluster?: ClusterSpec; unit?: string; text: string }> = {
    'it has ended': { pod: aPod('p').on('ecs-0').finished(), unit: 'ecs', text: 'it has ended' },
    'it is terminating': {
      pod: aPod('p').on('ecs-0').terminating(),
      unit: 'ecs',
      text: 'it is terminating, and ignoreTerminatingPod is true',
    },
    'it was there before the policy': {
      pod: aPod('p').on('ecs-0').scheduledAt(1_000),
      cluster: { policies: [spark.createdAt(5_000).spec({ ignorePreviousPod: true })] },
      unit: 'ecs',
      text: 'it was scheduled before the policy was created, and ignorePreviousPod is true',
    },
    'its node is in no unit': {
      pod: aPod('p').on('eci-0'),
      cluster: { policies: [aPolicy('spark').unit({ resource: 'ecs' })] },
      text: 'ResourcePolicy spark: node eci-0 belongs to no unit',
    },
    'it lacks what the unit writes': {
      pod: aPod('p').on('ecs-0'),
      cluster: { policies: [marked] },
      unit: 'ecs',
      text: 'it does not bear the podLabels and podAnnotations of unit 1 ecs',
    },
    'it has no group': {
      pod: aPod('p').on('ecs-0'),
      cluster: { policies: [spark.perGroup()] },
      unit: 'ecs',
      text: 'it lacks the label job of matchLabelKeys',
    },
  };

  it.for(Object.entries(uncounted))('does not count: %s', ([, { pod, cluster, unit, text }]) => {
    expect(placement(pod, cluster)?.counts).toEqual([
      {
        policy: 'spark',
        ...(unit === undefined ? {} : { unit }),
        isCounted: false,
        text: `does not count: ${text}`,
      },
    ]);
  });

  it('counts with every policy that selects it', () => {
    const also = aPolicy('also').unit({ resource: 'eci' });

    expect(placement(aPod('p').on('ecs-0'), { policies: [spark, also] })).toMatchObject({
      counts: [
        { policy: 'also', isCounted: false },
        { policy: 'spark', unit: 'ecs', isCounted: true },
      ],
      // Whose unit would it be?
      deletionCost: { writtenBy: 'nobody' },
    });
  });

  it('of no policy: nothing counts it', () => {
    expect(placement(aPod('p').labels({}).on('ecs-0'))).toEqual({
      nodeName: 'ecs-0',
      since: '1970-01-01T00:00:00.000Z',
      counts: [],
      deletionCost: { writtenBy: 'nobody' },
    });
  });

  it('that has ended is neither waiting nor bound', () => {
    const report = explained(aPod('p').on('ecs-0').finished());

    expect(report.state).toBe('ended');
    expect(report.waiting).toBeUndefined();
  });

  it.for([
    {
      name: 'its user’s',
      pod: aPod('p').on('eci-0').deletionCost(7),
      want: { value: '7', writtenBy: 'somebody-else', ofUnit: -100 },
    },
    {
      name: 'one changed after us',
      pod: eciCost.deletionCost(7),
      want: { value: '7', writtenBy: 'somebody-else', ofUnit: -100 },
    },
    { name: 'none, in the first unit', pod: aPod('p').on('ecs-0'), want: { writtenBy: 'nobody', ofUnit: 0 } },
  ])('a deletion cost: $name', ({ pod, want }) => {
    expect(placement(pod)?.deletionCost).toEqual(want);
  });
});
