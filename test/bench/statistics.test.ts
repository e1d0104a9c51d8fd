import { expect, test } from 'vitest';
import { distributionOf, percentile, ratePerSecond, spreadOf } from '../../bench/report/statistics.ts';

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

test.each([
  [0, 1],
  [50, 50],
  [90, 90],
  [99, 99],
  [100, 100],
])('percentile %d of 1 to 100 is %d', (percent, value) => {
  expect(percentile(hundred, percent)).toBe(value);
});

test('percentiles of few values are values that there are', () => {
  expect(percentile([7], 99)).toBe(7);
  expect([50, 51, 99].map((percent) => percentile([1, 9], percent))).toEqual([1, 9, 9]);
});

test('a distribution does not care for the order, and of nothing there is none', () => {
  expect(distributionOf([3, 1, 2])).toMatchObject({ count: 3, p50: 2, max: 3 });
  expect(distributionOf([3, 1, 2])?.curve).toHaveLength(101);
  expect(distributionOf([])).toBeUndefined();
});

test.each([
  [[5], { median: 5, min: 5, max: 5 }],
  [[30, 10, 20], { median: 20, min: 10, max: 30 }],
  [[40, 10, 20, 30], { median: 25, min: 10, max: 40 }],
])('spread of %j', (values, spread) => {
  expect(spreadOf(values)).toEqual(spread);
});

test('no values, no spread', () => {
  expect(spreadOf([])).toBeUndefined();
});

test('the rate leaves out how it begins and ends', () => {
  const slow = [0, 5_000];
  const steady = Array.from({ length: 96 }, (_, index) => 10_000 + index * 10);
  expect(ratePerSecond([...slow, ...steady, 20_000, 30_000])).toBeCloseTo(100);
});

test('too few events, or all at once, have no rate', () => {
  expect(ratePerSecond([1, 2, 3])).toBeUndefined();
  expect(ratePerSecond(Array.from({ length: 50 }, () => 7))).toBeUndefined();
});
