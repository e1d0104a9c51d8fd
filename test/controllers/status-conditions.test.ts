import { describe, expect, it } from 'vitest';
import { judged } from '../../src/controllers/status-conditions.ts';
import type { Finding } from '../../src/placement/finding.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';
import type { FiguresSpec } from '../support/figures.ts';
import { figuresOf } from '../support/figures.ts';

const spark = aPolicy('spark').unit({ resource: 'ecs', max: 2 });
const noNode: Finding = {
  code: 'no-node',
  path: 'spec.units[0].nodeSelector',
  message: 'no node of the cluster carries pool=a (they have b, c), so no pod is placed in the unit',
};
const unreachable: Finding = {
  code: 'unreachable-unit',
  path: 'spec.units[1]',
  message: 'no pod is ever placed in it',
};
const oneGroup: Finding = {
  code: 'one-group',
  path: 'spec.matchLabelKeys',
  message: 'all pods are one group',
};

const conditionsOf = (policy: PolicyBuilder, figures: FiguresSpec = {}, findings: readonly Finding[] = []) =>
  judged(figuresOf(policy, figures), findings, undefined).conditions;
const warningsOf = (policy: PolicyBuilder, figures: FiguresSpec = {}, findings: readonly Finding[] = []) =>
  judged(figuresOf(policy, figures), findings, undefined).warnings;

describe('a policy with which all is well', () => {
  it('is Ready and Enforced, and nothing else', () => {
    const conditions = conditionsOf(spark, { units: [{ bound: 2 }], waiting: 5 });

    expect(conditions.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['Ready', 'True', 'Valid'],
      ['Enforced', 'True', 'AllFields'],
      ['Conflicting', 'False', 'NoOtherPolicy'],
      ['Ungrouped', 'False', 'AllLabelled'],
      ['UnreachableUnits', 'False', 'AllReachable'],
      ['CostOverridden', 'False', 'OwnCosts'],
      ['SamplingDiffers', 'False', 'AsConfigured'],
      ['Questionable', 'False', 'NothingFound'],
    ]);
  });

  it('gives no warning', () => {
    expect(warningsOf(spark, { waiting: 5 })).toEqual([]);
  });
});

describe('what is wrong stands in a condition, with how many pods it concerns', () => {
  interface Case {
    readonly policy?: PolicyBuilder;
    readonly figures?: FiguresSpec;
    readonly findings?: readonly Finding[];
    readonly want: { type: string; status: string; reason: string; message: string };
  }
  const conflict = { conflicting: 3, conflictsWith: ['twin', 'wide'] };
  const cases: Record<string, Case> = {
    'a policy that cannot be used': {
      policy: spark.spec({ matchLabelKeys: 'job', units: [] }),
      want: {
        type: 'Ready',
        status: 'False',
        reason: 'Invalid',
        message: 'spec.matchLabelKeys must be a list of label names; spec.units must list at least one unit',
      },
    },
    'fields that are not acted upon': {
      policy: spark.unit({ resource: 'eci', spotInstance: true }),
      want: {
        type: 'Enforced',
        status: 'False',
        reason: 'FieldsNotEnforced',
        message: 'not enforced: spec.units[1].spotInstance',
      },
    },
    'pods that other policies select too': {
      figures: conflict,
      want: {
        type: 'Conflicting',
        status: 'True',
        reason: 'OtherPolicies',
        message:
          '3 waiting pods are selected by twin, wide too: a pod is placed only when one policy selects it',
      },
    },
    'a single pod that another policy selects too': {
      figures: { conflicting: 1, conflictsWith: ['twin'] },
      want: {
        type: 'Conflicting',
        status: 'True',
        reason: 'OtherPolicies',
        message: '1 waiting pod is selected by twin too: a pod is placed only when one policy selects it',
      },
    },
    'pods that belong to no group': {
      policy: spark.perGroup('team', 'job'),
      figures: { ungrouped: 2 },
      want: {
        type: 'Ungrouped',
        status: 'True',
        reason: 'LabelMissing',
        message:
          '2 waiting pods lack a label of matchLabelKeys (team, job): no max can be kept for such a pod',
      },
    },
    'a unit without nodes': {
      findings: [noNode],
      want: {
        type: 'UnreachableUnits',
        status: 'True',
        reason: 'NoNode',
        message: `spec.units[0].nodeSelector: ${noNode.message}`,
      },
    },
    'several units that no pod gets into': {
      findings: [noNode, unreachable],
      want: {
        type: 'UnreachableUnits',
        status: 'True',
        reason: 'SeveralReasons',
        message: `spec.units[0].nodeSelector: ${noNode.message}; spec.units[1]: no pod is ever placed in it`,
      },
    },
    'costs that somebody else wrote': {
      figures: { overriddenCosts: 4 },
      want: {
        type: 'CostOverridden',
        status: 'True',
        reason: 'ForeignCost',
        message:
          '4 pods carry a deletion cost that somebody else wrote: scale-in may leave the order of the units',
      },
    },
    'what its author may not mean': {
      findings: [oneGroup],
      want: {
        type: 'Questionable',
        status: 'True',
        reason: 'OneGroup',
        message: 'spec.matchLabelKeys: all pods are one group',
      },
    },
  };

  it.for(Object.entries(cases))('%s', ([, { policy = spark, figures, findings, want }]) => {
    const conditions = conditionsOf(policy, figures, findings);

    expect(conditions).toContainEqual(want);
    const well = conditionsOf(spark);
    expect(conditions.filter(({ type }) => type !== want.type)).toEqual(
      well.filter(({ type }) => type !== want.type),
    );
  });

  it('but the pods of an invalid policy are not said to lack a label', () => {
    const conditions = conditionsOf(spark.spec({ units: [] }), { ungrouped: 2 });

    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ungrouped', status: 'False' }));
  });

  it('and a field that is not enforced stands in one condition, not in two', () => {
    const findings: readonly Finding[] = [
      { code: 'not-enforced', path: 'spec.units[0].spotInstance', message: 'is not acted upon' },
    ];

    expect(conditionsOf(spark, {}, findings)).toEqual(conditionsOf(spark));
  });

  it('in at most 1,024 characters, and with at most ten names', () => {
    const conflictsWith = Array.from({ length: 500 }, (_, n) => `policy-${n}`);
    const findings = Array.from({ length: 100 }, () => unreachable);
    const messages = conditionsOf(spark, { conflicting: 1, conflictsWith }, findings).map(
      ({ message }) => message,
    );

    expect(messages.find((message) => message.includes('policy-9 and 490 others'))).toBeDefined();
    expect(Math.max(...messages.map(({ length }) => length))).toBe(1_024);
  });
});

describe('a warning says the same as long as its cause is the same', () => {
  it('however many pods it concerns', () => {
    const [one, many] = [1, 23].map((count) =>
      warningsOf(spark.perGroup(), {
        conflicting: count,
        conflictsWith: ['twin'],
        ungrouped: count,
        overriddenCosts: count,
      }),
    );

    expect(one).toEqual(many);
    expect(one).toEqual([
      {
        reason: 'OtherPolicies',
        message: 'waiting pods are selected by twin too: a pod is placed only when one policy selects it',
      },
      {
        reason: 'LabelMissing',
        message: 'waiting pods lack a label of matchLabelKeys (job): no max can be kept for such a pod',
      },
      {
        reason: 'ForeignCost',
        message:
          'pods carry a deletion cost that somebody else wrote: scale-in may leave the order of the units',
      },
    ]);
  });

  it('whatever labels other nodes have', () => {
    const other = { ...noNode, message: 'no node of the cluster carries pool=a (they have d)' };

    expect(warningsOf(spark, {}, [noNode])).toEqual(warningsOf(spark, {}, [other]));
    expect(warningsOf(spark, {}, [noNode, unreachable])).toEqual([
      { reason: 'NoNode', message: 'spec.units[0].nodeSelector: no node belongs to the unit' },
      { reason: 'UnreachableUnit', message: 'spec.units[1]: no pod is ever placed in it' },
    ]);
  });

  it('and there is none for what is only questionable', () => {
    expect(warningsOf(spark, {}, [oneGroup])).toEqual([]);
  });
});

describe('a kube-scheduler that offers other numbers of nodes than it was said to', () => {
  it('is a condition and a warning of every policy', () => {
    const { conditions, warnings } = judged(figuresOf(spark), [], 'offers fewer nodes');
    expect(conditions).toContainEqual({
      type: 'SamplingDiffers',
      status: 'True',
      reason: 'OtherSampling',
      message: 'offers fewer nodes',
    });
    expect(warnings).toEqual([{ reason: 'OtherSampling', message: 'offers fewer nodes' }]);
  });
});
