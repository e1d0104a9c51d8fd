/**
 * The run that stands for a variant where only one can be shown.
 *
 * @module
 */
import { runsOf } from './metrics.ts';
import type { BenchResult, Measured } from './result.ts';

/** Of the runs that count the one of median throughput; without any, the first that was measured. */
export function representativeRun(result: BenchResult, variant: string): Measured | undefined {
  const { all, counted } = runsOf(result, variant);
  const byPace = counted.toSorted((left, right) => pace(left) - pace(right));
  return byPace[Math.floor((byPace.length - 1) / 2)] ?? all.find(({ measured }) => measured)?.measured;
}

function pace({ podsPerSecond, seconds, bound }: Measured): number {
  return podsPerSecond ?? bound / seconds;
}
