import { describe, expect, it } from 'vitest';
import type { Condition, WantedCondition } from '../../src/policy/condition.ts';
import { changedConditions } from '../../src/policy/condition.ts';

const THEN = '2026-01-01T00:00:00Z';
const NOW = '2026-02-02T00:00:00Z';

const ready: WantedCondition = { type: 'Ready', status: 'True', reason: 'Valid', message: 'placed' };
const enforced: WantedCondition = { type: 'Enforced', status: 'True', reason: 'AllFields', message: 'all' };
const standing = (condition: WantedCondition, generation = 1): Condition => ({
  ...condition,
  observedGeneration: generation,
  lastTransitionTime: THEN,
});

describe('nothing is to be written', () => {
  it('when the conditions say it all already', () => {
    expect(
      changedConditions([standing(ready), standing(enforced)], [ready, enforced], 1, NOW),
    ).toBeUndefined();
  });

  it('when only their order differs', () => {
    expect(
      changedConditions([standing(enforced), standing(ready)], [ready, enforced], 1, NOW),
    ).toBeUndefined();
  });
});

describe('conditions are written', () => {
  const cases: Record<
    string,
    { standing: readonly Condition[]; wanted: readonly WantedCondition[]; want: readonly Condition[] }
  > = {
    'with the time of now when there were none': {
      standing: [],
      wanted: [ready],
      want: [{ ...standing(ready), lastTransitionTime: NOW }],
    },
    'with the time of now when the status changed': {
      standing: [standing({ ...ready, status: 'False' })],
      wanted: [ready],
      want: [{ ...standing(ready), lastTransitionTime: NOW }],
    },
    'with the time that stands when only the reason changed': {
      standing: [standing({ ...ready, reason: 'Old' })],
      wanted: [ready],
      want: [standing(ready)],
    },
    'with the time that stands when only the message changed': {
      standing: [standing({ ...ready, message: 'old' })],
      wanted: [ready],
      want: [standing(ready)],
    },
    'with the time that stands when only the generation rose': {
      standing: [standing(ready, 0)],
      wanted: [ready],
      want: [standing(ready)],
    },
    'all of them when one is new': {
      standing: [standing(ready)],
      wanted: [ready, enforced],
      want: [standing(ready), { ...standing(enforced), lastTransitionTime: NOW }],
    },
    'without one that is no longer wanted': {
      standing: [standing(ready), standing(enforced)],
      wanted: [ready],
      want: [standing(ready)],
    },
  };

  it.for(Object.entries(cases))('%s', ([, { standing: before, wanted, want }]) => {
    expect(changedConditions(before, wanted, 1, NOW)).toEqual(want);
  });
});
