import { describe, expect, it } from 'vitest';
import { podText, policyText } from '../../src/cli/explain-text.ts';
import { explainPod } from '../../src/scheduling/explain-pod.ts';
import { explainPolicy } from '../../src/scheduling/explain-policy.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { ClusterSpec, PodSpec } from '../support/snapshot.ts';
import { seen, snapshotOf, VIRTUAL_TAINT } from '../support/snapshot.ts';

const nodes = [aNode('ecs-0'), aNode('ecs-1'), { node: aNode('eci-0').virtual(), taints: [VIRTUAL_TAINT] }];
const spark = aPolicy('spark')
  .unit({ resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: 2 })
  .unit({ resource: 'eci', max: 3 });
const MINUTES = 60_000;

function pod(subject: PodBuilder | PodSpec, cluster: ClusterSpec = {}, width = 100): readonly string[] {
  const all = {
    policies: [spark],
    nodes,
    nowMs: 5 * MINUTES,
    ...cluster,
    pods: [...(cluster.pods ?? []), subject],
  };
  return podText(explainPod(snapshotOf(all), seen(subject)), width).split('\n');
}

/** The rows that say what keeps a pod from kube-scheduler, or from other units. */
function lineRows(of: PodBuilder, before: readonly PodBuilder[] = []): readonly string[] {
  return pod(of, { pods: before }).filter((line) => /^(Gates|Line|Pinned)/.test(line));
}

function policy(subject: PolicyBuilder, cluster: ClusterSpec = {}, width = 100): readonly string[] {
  const all = { nodes, nowMs: 5 * MINUTES, ...cluster, policies: [subject, ...(cluster.policies ?? [])] };
  const report = explainPolicy(snapshotOf(all), subject.parsed());
  if (report === undefined) throw new Error('no report');
  return policyText(report, width).split('\n');
}

const cost = (subject: PodBuilder): string | undefined =>
  pod(subject).find((line) => line.startsWith('Cost'));

describe('the text on a pod', () => {
  it('that waits', () => {
    const waiting = aPod('p')
      .requesting({ cpu: '9', memory: '896Mi' })
      .unschedulable('0/3 nodes are available.');

    expect(pod(waiting, { pods: [aPod('a').on('ecs-0')] })).toEqual([
      'Pod        default/p',
      'State      waiting, created 5m ago',
      'Policy     spark',
      'Requests   cpu 9, memory 896Mi',
      '',
      'UNIT  PODS  NODES  FIT  VERDICT',
      '1     1/2   2      0    ecs(kubernetes.io/arch=amd64) has no feasible node: 2 nodes with too little',
      '                        cpu left',
      '2     0/3   1      0    eci has no feasible node: 1 node with the taint',
      '                        virtual-kubelet.io/provider=alibabacloud:NoSchedule, which the pod does not',
      '                        tolerate',
      '',
      'Decision   ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) has no feasible node, unit 2',
      '           eci has no feasible node',
      'Scheduler  0/3 nodes are available.',
      '',
    ]);
  });

  it('that is bound', () => {
    const bound = aPod('p').ofGroup('s1').on('eci-0').placedBy('spark', 'eci').ownCost(-100);

    expect(pod(bound, { policies: [spark.perGroup()] })).toEqual([
      'Pod        default/p',
      'State      bound on eci-0, created 5m ago, bound 5m ago',
      'Policy     spark',
      'Group      job=s1',
      'Requests   nothing',
      '',
      'UNIT  PODS  NODES  NAME',
      '1     0/2   2      ecs(kubernetes.io/arch=amd64)',
      '2     1/3   1      eci',
      '',
      'Counted    counts in unit 2 eci',
      'Recorded   policy spark, unit eci',
      'Cost       -100, written by resource-policy',
      '',
    ]);
  });

  it('of no policy', () => {
    expect(pod(aPod('p').labels({}).on('ecs-0')).slice(1)).toEqual([
      'State      bound on ecs-0, created 5m ago, bound 5m ago',
      'Policy     no ResourcePolicy selects this pod: kube-scheduler is free to choose its node',
      '           spark selects pods with app=spark',
      'Requests   nothing',
      '',
      'Recorded   nothing: it was not bound by resource-policy',
      'Cost       none, which counts as 0',
      '',
    ]);
  });

  it('that several policies select, by each', () => {
    const twin = aPolicy('twin').unit({ resource: 'eci' });

    expect(pod(aPod('p').on('ecs-0'), { policies: [spark, twin] }).slice(2, -4)).toEqual([
      'Policy     more than one ResourcePolicy selects this pod: spark, twin; change their selectors so',
      '           that one does',
      'Requests   nothing',
      '',
      'Counted    spark: counts in unit 1 ecs(kubernetes.io/arch=amd64)',
    ]);
  });

  it('with timers, gates, a nominated node and what is not checked', () => {
    const timed = spark.spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' } });
    const ecs = 'ecs(kubernetes.io/arch=amd64)';
    const big = aPod('p')
      .requesting({ cpu: '9' })
      .waitingSince({ [ecs]: MINUTES });
    const spec = { schedulingGates: [{ name: 'held' }], resourceClaims: [{}], containers: [{}] };

    const lines = pod({ pod: big.nominated('ecs-1'), spec }, { policies: [timed] }).slice(8);
    expect(lines.filter((line) => /^(Gates|Scheduler|Timers|Nominated|Unchecked)/.test(line))).toEqual([
      'Gates      held: not tried before they are removed',
      'Scheduler  has not tried the pod yet',
      `Timers     in ${ecs} since 4m ago, 6m left`,
      'Nominated  ecs-1: tried first; pods of lower priority may have been evicted for it',
      'Unchecked  resource claims: fewer nodes may be feasible than FIT says',
    ]);
  });

  it('with its place in the waiting room, or the unit that it is tied to', () => {
    const older = aPod('older').gated().createdAt(-9_000);

    expect(lineRows(aPod('p').gated())[1]).toBe(
      'Line       first of its group in the waiting room, which pods leave, oldest first, as their group',
    );
    expect(lineRows(aPod('p').gated(), [older])).toEqual([
      'Gates      resource-policy.scheduling/waits-for-max: not tried before they are removed',
      'Line       behind 1 of its group in the waiting room, which pods leave, oldest first, as their group',
    ]);
    expect(lineRows(aPod('p').pinnedTo('eci'))).toEqual([
      'Pinned     to unit eci, which was certain when it was created: it goes to no other',
    ]);
  });

  it('says that a wait has not begun, or is over', () => {
    const timed = spark.spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '2m' } });
    const big = aPod('p').requesting({ cpu: '9' });
    const ecs = 'ecs(kubernetes.io/arch=amd64)';
    const timers = (subject: PodBuilder): string | undefined =>
      pod(subject, { policies: [timed] }, 200).find((line) => line.startsWith('Timers'));

    expect(timers(big)).toBe(
      `Timers     in ${ecs}, not begun: kube-scheduler asks about a pod only when some node can take it`,
    );
    expect(timers(big.waitingSince({ [ecs]: 0 }))).toBe(`Timers     in ${ecs} since 5m ago, over`);
  });

  it('says whose deletion cost it is', () => {
    expect(cost(aPod('p').on('eci-0').deletionCost(7))).toBe(
      'Cost       7, written by somebody else and left alone; the cost of its unit is -100',
    );
    expect(cost(aPod('p').on('eci-0'))).toBe(
      'Cost       none, which counts as 0; the cost of its unit is -100',
    );
  });

  it.for([80, 100, 120])('keeps within %i columns', (width) => {
    const limited = spark
      .unit({ resource: 'acs', maxResources: { cpu: '4', memory: '8Gi' } })
      .perGroup('job', 'app');
    const subject = aPod('p')
      .ofGroup('a-rather-long-name')
      .requesting({ cpu: '9' })
      .unschedulable('0/3 '.repeat(60));
    const lines = [
      ...pod(subject, { policies: [limited] }, width),
      ...policy(limited, { pods: [subject] }, width),
    ];

    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });
});

describe('the text on a policy', () => {
  it('with groups', () => {
    const pods = [
      aPod('a1').ofGroup('a').on('ecs-0'),
      aPod('a2').ofGroup('a').on('eci-0').deletionCost(3),
      aPod('b1').ofGroup('b').requesting({ cpu: '9' }),
    ];

    expect(policy(spark.perGroup(), { pods })).toEqual([
      'Policy     default/spark',
      'Created    5m ago, generation 1',
      'Selects    app=spark',
      'Next unit  LackResourceOrExceedMax (timeout 15m), preemption AfterAllUnits',
      'Groups     2, by job; limits hold for each',
      'Waiting    1 pod',
      "Costs      1 pod has a deletion cost of somebody else's, which is left alone",
      '',
      'UNIT  PODS  MAX/GROUP  WAITING  NODES  NAME',
      '1     1     2          0        2      ecs(kubernetes.io/arch=amd64)',
      '2     1     3          0        1      eci',
      '',
      'PODS BY UNIT  WAITING  GROUP',
      '1 1           0        job=a',
      '0 0           1        job=b',
      '',
    ]);
  });

  it('with findings, conditions, resources and conflicts', () => {
    const subject = aPolicy('spark')
      .unit({ resource: 'ecs', max: 0 })
      .unit({ resource: 'eci', maxResources: { cpu: '4', memory: '8Gi' } })
      .status({
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            message: 'pods are placed by this policy',
            lastTransitionTime: '1970-01-01T00:03:00Z',
          },
        ],
      });
    const cluster = {
      policies: [aPolicy('twin').unit({ resource: 'ecs' })],
      pods: [aPod('p'), aPod('b').requesting({ cpu: '500m', memory: '1Gi' }).on('eci-0')],
    };

    expect(policy(subject, cluster).slice(2)).toEqual([
      'Selects    app=spark',
      'Next unit  LackResourceOrExceedMax (timeout 15m), preemption AfterAllUnits',
      'Waiting    1 pod, 1 of them selected by twin too',
      '',
      'UNIT  PODS  MAX  RESOURCES       WAITING  NODES  NAME',
      '1     0     0    -               0        2      ecs',
      '2     1     -    cpu 500m/4      0        1      eci',
      '                 memory 1Gi/8Gi',
      '',
      'FINDING',
      'takes-no-pod  spec.units[0].max: max 0 takes no pod; remove the unit, or raise max (absent means no',
      '              limit)',
      '',
      'CONDITION  STATUS  SINCE   MESSAGE',
      'Ready      True    2m ago  pods are placed by this policy',
      '',
    ]);
  });

  it('that is invalid, or has pods without a group', () => {
    expect(policy(spark.unit({ resource: 'ecs', max: -1 }))).toContain(
      'Invalid    spec.units[2].max must be a whole number, 0 or more',
    );
    expect(policy(spark.perGroup(), { pods: [aPod('p')] })).toContain(
      'Waiting    1 pod, 1 of them without job',
    );
    expect(policy(spark.selecting({}))).toContain('Selects    every pod of the namespace');
  });

  it('with more groups than are shown', () => {
    const pods = Array.from({ length: 22 }, (_, index) => aPod(`p${index}`).ofGroup(`g${index}`));

    expect(policy(spark.perGroup(), { pods })).toContain('                       and 2 more');
  });
});
