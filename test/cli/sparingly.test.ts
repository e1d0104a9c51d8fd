import { expect, it } from 'vitest';
import type { Counts } from '../../src/cli/sparingly.ts';
import { sparingly } from '../../src/cli/sparingly.ts';

it('the first is told at once, those that follow once per interval, with their number', () => {
  const told: Counts[] = [];
  const timers: (() => void)[] = [];
  const happens = sparingly(
    (counts) => void told.push(counts),
    10_000,
    (run) => timers.push(run),
  );
  const intervalEnds = (): void => timers.shift()?.();

  happens('a');
  expect(told).toEqual([{ a: 1 }]);

  for (const what of ['a', 'b', 'a']) happens(what);
  expect(told).toHaveLength(1);

  intervalEnds();
  expect(told.slice(1)).toEqual([{ a: 2, b: 1 }]);

  intervalEnds();
  expect(told).toHaveLength(2);

  happens('b');
  expect(told.slice(2)).toEqual([{ b: 1 }]);
  expect(timers).toHaveLength(1);
});
