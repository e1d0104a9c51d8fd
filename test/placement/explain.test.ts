import { describe, expect, it } from 'vitest';
import {
  choiceText,
  conflictText,
  invalidPolicyText,
  missingLabelText,
  notInUnitText,
  refusalText,
} from '../../src/placement/explain.ts';
import type { Verdict } from '../../src/placement/choose.ts';
import { aPolicy } from '../support/builders.ts';

const spark = aPolicy('spark')
  .unit({ resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: 2 })
  .unit({ resource: 'eci', max: 0 })
  .unit({ nodeSelector: { pool: 'b' } });

const verdictsOf = (...passedOver: readonly Verdict['passedOver'][]): readonly Verdict[] =>
  spark.parsed().units.flatMap((unit, index) => {
    const reason = passedOver[index];
    return reason === undefined ? [] : [{ unit, passedOver: reason }];
  });

describe('what users read, to the letter: a text that changes makes kube-scheduler try for ever', () => {
  const cases: Record<string, { text: string; want: string }> = {
    'refused, every unit with its reason': {
      text: refusalText(spark.parsed(), verdictsOf('at-max', 'at-max', 'lacks-resources')),
      want:
        'ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) is at max 2, unit 2 eci is at max 0, ' +
        'unit 3 any(pool=b) has no feasible node',
    },
    'refused, the limit being per group': {
      text: refusalText(spark.perGroup('user', 'job').parsed(), verdictsOf('lacks-resources', 'at-max')),
      want:
        'ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) has no feasible node, ' +
        'unit 2 eci is at max 0 (per user, job)',
    },
    'chosen, nothing passed over': { text: choiceText(spark.parsed(), []), want: 'first unit, below max' },
    'chosen, others passed over': {
      text: choiceText(spark.parsed(), verdictsOf('lacks-resources', 'at-max')),
      want: 'unit 1 ecs(kubernetes.io/arch=amd64) has no feasible node, unit 2 eci is at max 0',
    },
    'selected by two': {
      text: conflictText([spark.parsed(), aPolicy('web').parsed()]),
      want: 'more than one ResourcePolicy selects this pod: spark, web; change their selectors so that one does',
    },
    'without the label of its group': {
      text: missingLabelText(spark.parsed(), 'job'),
      want: 'ResourcePolicy spark: the pod lacks the label job of matchLabelKeys, so it belongs to no group',
    },
    'an invalid policy': {
      text: invalidPolicyText(aPolicy('spark').spec({ matchLabelKeys: 'job' }).parsed()),
      want:
        'ResourcePolicy spark is invalid: spec.matchLabelKeys must be a list of label names; ' +
        'spec.units must list at least one unit',
    },
    'a node of no unit': {
      text: notInUnitText(spark.parsed(), 'n1'),
      want: 'ResourcePolicy spark: node n1 belongs to no unit',
    },
  };

  it.for(Object.entries(cases))('%s', ([, { text, want }]) => {
    expect(text).toBe(want);
  });
});
