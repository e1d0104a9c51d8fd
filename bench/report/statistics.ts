/**
 * Figures of many values.
 *
 * @module
 */

/**
 * The smallest value that at least `percent` of the values are at most (nearest rank).
 *
 * @param rising the values in rising order, not empty
 * @param percent 0 to 100
 */
export function percentile(rising: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * rising.length));
  const value = rising[Math.min(rank, rising.length) - 1];
  if (value === undefined) throw new Error('no values');
  return value;
}

export function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((left, right) => left - right);
}

/** Percentiles of latencies. */
export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** The 0th to the 100th percentile. */
  readonly curve: readonly number[];
}

/** Undefined when there are no values. */
export function distributionOf(values: readonly number[]): Distribution | undefined {
  if (values.length === 0) return undefined;
  const rising = sorted(values);
  const at = (percent: number): number => percentile(rising, percent);
  return {
    count: rising.length,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    max: at(100),
    curve: Array.from({ length: 101 }, (_, percent) => at(percent)),
  };
}

/** Of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined when there are no values. The median of an even number is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const rising = sorted(values);
  const [min, max] = [rising[0], rising.at(-1)];
  const middle = rising.slice(Math.ceil(rising.length / 2) - 1, Math.floor(rising.length / 2) + 1);
  if (min === undefined || max === undefined) return undefined;
  return { median: middle.reduce((sum, value) => sum + value, 0) / middle.length, min, max };
}

/**
 * Events per second between the 10th and the 90th percentile of their times, which leaves out how it begins and ends.
 * Undefined for fewer than 10 events, or if all are at one time.
 *
 * @param risingMs times in rising order, milliseconds
 */
export function ratePerSecond(risingMs: readonly number[]): number | undefined {
  if (risingMs.length < 10) return undefined;
  const from = Math.floor(risingMs.length * 0.1);
  const to = Math.ceil(risingMs.length * 0.9) - 1;
  const elapsedMs = (risingMs[to] ?? 0) - (risingMs[from] ?? 0);
  return elapsedMs <= 0 ? undefined : ((to - from) / elapsedMs) * 1_000;
}
