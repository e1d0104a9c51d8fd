import { describe, expect, it } from 'vitest';
import { DELETION_COST_ANNOTATION, OWN_COST_ANNOTATION } from '../../src/facts/annotations.ts';
import { costCorrection, deletionCost, isCostOverridden } from '../../src/placement/scale-in.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aPod, aPolicy } from '../support/builders.ts';

const { units } = aPolicy('spark')
  .unit({ resource: 'ecs', max: 1 })
  .unit({ resource: 'eci', max: 1 })
  .unit({ resource: 'acs' })
  .parsed();
const [first, second, third] = units;
const pod = aPod('e1').on('n1');

const cost = (value: string | null): unknown => ({
  [DELETION_COST_ANNOTATION]: value,
  [OWN_COST_ANNOTATION]: value,
});

describe('the deletion cost of a unit', () => {
  it('is lower the later the unit; none at all for the first', () => {
    expect(units.map(deletionCost)).toEqual([undefined, -100, -200]);
  });
});

describe('what gives a bound pod the cost of its unit', () => {
  const cases: Record<string, { pod: PodBuilder; unit: typeof first; want: unknown }> = {
    'nothing in the first unit without a cost': { pod, unit: first, want: undefined },
    'nothing with the right cost': { pod: pod.ownCost(-100), unit: second, want: undefined },
    'a cost where none is': { pod, unit: second, want: cost('-100') },
    'another cost where ours is of another unit': { pod: pod.ownCost(-100), unit: third, want: cost('-200') },
    'no cost any more in the first unit': { pod: pod.ownCost(-100), unit: first, want: cost(null) },
    'no cost any more without a unit': { pod: pod.ownCost(-100), unit: undefined, want: cost(null) },
    'nothing without a unit and a cost': { pod, unit: undefined, want: undefined },
    'nothing over a user’s cost': { pod: pod.deletionCost(7), unit: second, want: undefined },
    'nothing over a user’s cost in the first unit': {
      pod: pod.deletionCost(7),
      unit: first,
      want: undefined,
    },
    'nothing over a user’s cost without a unit': {
      pod: pod.deletionCost(7),
      unit: undefined,
      want: undefined,
    },
    'nothing over a user’s cost that took the place of ours': {
      pod: pod.ownCost(-100).deletionCost(-5),
      unit: third,
      want: undefined,
    },
    'nothing over a user’s cost that happens to be right': {
      pod: pod.deletionCost(-100),
      unit: second,
      want: undefined,
    },
    'a cost again where ours was removed': {
      pod: pod.annotated({ [OWN_COST_ANNOTATION]: '-100' }),
      unit: second,
      want: cost('-100'),
    },
  };

  it.for(Object.entries(cases))('%s', ([, { pod: given, unit, want }]) => {
    expect(costCorrection(given.facts(), unit)).toEqual(want);
  });
});

describe('a cost is overridden', () => {
  const cases: Record<string, { pod: PodBuilder; unit: (typeof units)[number]; want: boolean }> = {
    'by the user’s': { pod: pod.deletionCost(7), unit: second!, want: true },
    'by the user’s in the first unit': { pod: pod.deletionCost(7), unit: first!, want: true },
    'by one that took the place of ours': {
      pod: pod.ownCost(-100).deletionCost(-5),
      unit: second!,
      want: true,
    },
    'not by the user’s when it is the same': { pod: pod.deletionCost(-100), unit: second!, want: false },
    'not by a 0 in the first unit, which means none': { pod: pod.deletionCost(0), unit: first!, want: false },
    'not by ours, even when it is of another unit and about to be corrected': {
      pod: pod.ownCost(-100),
      unit: third!,
      want: false,
    },
    'not by none': { pod, unit: second!, want: false },
  };

  it.for(Object.entries(cases))('%s', ([, { pod: given, unit, want }]) => {
    expect(isCostOverridden(given.facts(), unit)).toBe(want);
  });
});
