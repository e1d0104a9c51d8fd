import { describe, expect, it } from 'vitest';
import { MOST_GROUPS, statusFigures } from '../../src/controllers/status-figures.ts';
import type { FiguresSpec } from '../support/figures.ts';
import { figuresOf } from '../support/figures.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';

const spark = aPolicy('spark').unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 3 });
const perJob = spark.perGroup();
const job = (key: string, taken: readonly number[] = [2, 3], waiting = 0) => ({ key, taken, waiting });

describe('“is it full?” is answered', () => {
  const cases: Record<string, { policy: PolicyBuilder; figures: FiguresSpec; want: string }> = {
    'by used and max of every unit, in order': {
      policy: spark,
      figures: { units: [{ bound: 2 }, { bound: 1 }], groupCount: 1 },
      want: '2/2, 1/3',
    },
    'with the places held for pods on their way': {
      policy: spark,
      figures: { units: [{ bound: 1, reserved: 1 }, { reserved: 3 }], groupCount: 1 },
      want: '2/2, 3/3',
    },
    'without a max, by a dash': {
      policy: spark.unit({ resource: 'acs' }),
      figures: { units: [{ bound: 2 }, {}, { bound: 5 }], groupCount: 1 },
      want: '2/2, 0/3, 5/-',
    },
    'for all groups together': {
      policy: perJob,
      figures: { units: [{ bound: 8 }, { bound: 12 }], groupCount: 4 },
      want: '8/8, 12/12',
    },
    'before the first group has a pod': { policy: perJob, figures: {}, want: '0/2, 0/3' },
    'after max was lowered': {
      policy: spark,
      figures: { units: [{ bound: 4 }, {}], groupCount: 1 },
      want: '4/2, 0/3',
    },
    'for a unit that takes nothing': {
      policy: aPolicy('spark').unit({ resource: 'ecs', max: 0 }),
      figures: { groupCount: 1 },
      want: '0/0',
    },
  };

  it.for(Object.entries(cases))('%s', ([, { policy, figures, want }]) => {
    expect(statusFigures(figuresOf(policy, figures)).summary).toBe(want);
  });
});

it('the status has the figures of every unit', () => {
  const figures = figuresOf(spark.unit({ resource: 'acs' }), {
    units: [{ bound: 1, reserved: 1, nodes: 4 }, { waiting: 7 }, { nodes: 0 }],
    waiting: 9,
    groupCount: 1,
  });

  expect(statusFigures(figures)).toMatchObject({
    waiting: 9,
    units: [
      { index: 0, name: 'ecs', used: 2, max: 2, waiting: 0, nodes: 4, deletionCost: 0 },
      { index: 1, name: 'eci', used: 0, max: 3, waiting: 7, nodes: 1, deletionCost: -100 },
      { index: 2, name: 'acs', used: 0, waiting: 0, nodes: 0, deletionCost: -200 },
    ],
  });
  expect(statusFigures(figures).units[2]).not.toHaveProperty('max');
});

describe('the groups of a policy', () => {
  it('are listed with what they use and what waits', () => {
    const figures = figuresOf(perJob, { groups: [job('j1', [2, 3], 4), job('j2', [1, 0])] });

    expect(statusFigures(figures)).toMatchObject({
      groups: [
        { key: 'j1', used: [2, 3], waiting: 4 },
        { key: 'j2', used: [1, 0], waiting: 0 },
      ],
      groupCount: 2,
    });
  });

  it('are at most 50, and it is said how many there are', () => {
    const groups = Array.from({ length: 60 }, (_, n) => job(`j${n}`));
    const status = statusFigures(figuresOf(perJob, { groups, groupCount: 12_345 }));

    expect(status.groups.map(({ key }) => key)).toEqual(groups.slice(0, 50).map(({ key }) => key));
    expect([status.groupCount, MOST_GROUPS]).toEqual([12_345, 50]);
  });

  it('are not listed without matchLabelKeys, where all pods are one', () => {
    expect(statusFigures(figuresOf(spark, { groups: [job('')] })).groups).toEqual([]);
  });
});
