import { describe, expect, it } from 'vitest';
import type { PolicyReport } from '../../src/scheduling/explain-policy.ts';
import { explainPolicy } from '../../src/scheduling/explain-policy.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { ClusterSpec } from '../support/snapshot.ts';
import { snapshotOf } from '../support/snapshot.ts';

const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const spark = aPolicy('spark')
  .unit({ resource: 'ecs', max: 2, maxResources: { cpu: '16' } })
  .unit({ resource: 'eci', max: 1 })
  .perGroup();

function explained(policy: PolicyBuilder, cluster: ClusterSpec = {}): PolicyReport {
  const report = explainPolicy(snapshotOf({ policies: [policy], nodes, ...cluster }), policy.parsed());
  if (report === undefined) throw new Error('no report');
  return report;
}

describe('a policy', () => {
  it('in one report: what it says, its units, its groups', () => {
    const pods = [
      aPod('a1').ofGroup('a').requesting({ cpu: '2' }).on('ecs-0'),
      aPod('a2').ofGroup('a').requesting({ cpu: '500m' }).on('ecs-1'),
      aPod('a3').ofGroup('a').on('eci-0'),
      aPod('a4').ofGroup('a'),
      aPod('b1').ofGroup('b').requesting({ cpu: '1' }).on('ecs-0'),
    ];

    expect(explained(spark.generation(3), { pods, nowMs: 60_000 })).toEqual({
      kind: 'ResourcePolicy',
      at: '1970-01-01T00:01:00.000Z',
      namespace: 'default',
      name: 'spark',
      generation: 3,
      createdAt: '1970-01-01T00:00:00.000Z',
      selects: ['app=spark'],
      tryNext: 'LackResourceOrExceedMax',
      timeout: '15m',
      preemptPolicy: 'AfterAllUnits',
      matchLabelKeys: ['job'],
      problems: [],
      units: [
        {
          number: 1,
          name: 'ecs',
          pods: 3,
          max: 2,
          maxResources: [{ resource: 'cpu', used: 3_500, limit: 16_000 }],
          waiting: 0,
          nodes: 2,
        },
        { number: 2, name: 'eci', pods: 1, max: 1, maxResources: [], waiting: 0, nodes: 1 },
      ],
      waiting: 1,
      conflicting: { pods: 0, policies: [] },
      ungrouped: 0,
      overriddenCosts: 0,
      groupCount: 2,
      groups: [
        { labels: { job: 'a' }, pods: [2, 1], waiting: 1 },
        { labels: { job: 'b' }, pods: [1, 0], waiting: 0 },
      ],
      findings: [],
      conditions: [],
    });
  });

  it('counts the pods that stay in a unit though later ones have room', () => {
    const policy = spark.spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
    const pods = [
      aPod('big').ofGroup('a').requesting({ cpu: '9' }),
      aPod('small').ofGroup('a').requesting({ cpu: '1' }),
    ];

    expect(explained(policy, { pods }).units.map(({ waiting }) => waiting)).toEqual([1, 0]);
    expect(explained(spark, { pods }).units.map(({ waiting }) => waiting)).toEqual([0, 0]);
  });

  it('names the policies that select its waiting pods too, and the pods without a group', () => {
    const twin = aPolicy('twin').unit({ resource: 'ecs' }).selecting({ job: 'a' });
    const pods = [aPod('a1').ofGroup('a'), aPod('none')];

    expect(explained(spark, { policies: [spark, twin], pods })).toMatchObject({
      waiting: 2,
      conflicting: { pods: 1, policies: ['twin'] },
      ungrouped: 1,
    });
  });

  it('counts deletion costs of somebody else', () => {
    expect(
      explained(spark, { pods: [aPod('a').ofGroup('a').on('eci-0').deletionCost(5)] }).overriddenCosts,
    ).toBe(1);
  });

  it('says what lint finds, nodes included, and what stands in its status', () => {
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Valid',
      message: 'fine',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const policy = spark
      .unit({ resource: 'ecs', nodeSelector: { pool: 'x' } })
      .status({ conditions: [condition] });
    const report = explained(policy);

    expect(report.findings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'overlapping-units spec.units[2]',
      'no-node spec.units[2].nodeSelector',
    ]);
    expect(report.conditions).toEqual([condition]);
  });

  it('that is invalid says why, and its pods wait', () => {
    const report = explained(spark.unit({ resource: 'ecs', max: -1 }), { pods: [aPod('a').ofGroup('a')] });

    expect(report).toMatchObject({
      problems: ['spec.units[2].max must be a whole number, 0 or more'],
      waiting: 1,
      ungrouped: 0,
      findings: [],
    });
  });

  it('shows the 20 largest of many groups', () => {
    const pods = Array.from({ length: 30 }, (_, index) => aPod(`p${index}`).ofGroup(`g${index}`).on('ecs-0'));
    const report = explained(spark, { pods: [...pods, aPod('more').ofGroup('g29').on('eci-0')] });

    expect(report.groupCount).toBe(30);
    expect(report.groups).toHaveLength(20);
    expect(report.groups[0]).toEqual({ labels: { job: 'g29' }, pods: [1, 1], waiting: 0 });
  });
});
