import { expect, test } from 'vitest';
import { measureCall } from '../../bench/micro/call.ts';
import type { CaseResult } from '../../bench/micro/cases.ts';
import { flatnessOf, microCases } from '../../bench/micro/cases.ts';
import { measureDecision } from '../../bench/micro/measure.ts';

function range(varies: string): readonly (number | undefined)[] {
  const sizes = microCases()
    .filter((each) => each.varies === varies && each.unit === 'first')
    .map((each) => each.size[each.varies]);
  return [sizes[0], sizes.at(-1)];
}

test('one size varies at a time, from the smallest to the largest that counts', () => {
  expect(range('candidates')).toEqual([10, 5_000]);
  expect(range('tracked')).toEqual([100, 100_000]);
  expect(range('groups')).toEqual([1, 10_000]);
});

test.each(['first', 'second'] as const)('a decision for the %s unit is measured', async (unit) => {
  const size = { candidates: 20, tracked: 50, groups: 5 };
  const figures = await measureDecision({ varies: 'candidates', size, unit }, 5);
  expect(figures.p50Us).toBeGreaterThan(0);
  expect(figures.p99Us).toBeGreaterThanOrEqual(figures.p50Us);
});

test('a whole call is measured', async () => {
  const few = await measureCall({ candidates: 20, tracked: 50, groups: 5 }, 20);
  expect(few.p50Us).toBeGreaterThan(0);
  expect(few.p99Us).toBeGreaterThanOrEqual(few.p50Us);
  const many = await measureCall({ candidates: 200, tracked: 50, groups: 5 }, 20);
  expect(many.bytes).toBeGreaterThan(few.bytes);
});

test('flat is the largest in relation to the smallest', () => {
  const results = microCases().map((each): CaseResult => ({ ...each, p50Us: each.size.groups, p99Us: 1 }));
  expect(flatnessOf(results)).toEqual([
    { varies: 'tracked', unit: 'first', ratio: 1 },
    { varies: 'tracked', unit: 'second', ratio: 1 },
    { varies: 'groups', unit: 'first', ratio: 10_000 },
    { varies: 'groups', unit: 'second', ratio: 10_000 },
  ]);
});
