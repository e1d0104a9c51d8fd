/**
 * What the micro-benchmark varies, one size at a time.
 *
 * @module
 */
import type { WorldSize } from './world.ts';

export interface Case {
  /** The size that varies. */
  readonly varies: keyof WorldSize;
  readonly size: WorldSize;
  /** Which unit takes the pods: the first, of all real nodes, or the second, of two virtual nodes. */
  readonly unit: 'first' | 'second';
}

const USUAL: WorldSize = { candidates: 1_000, tracked: 10_000, groups: 100 };

const SERIES = {
  candidates: [10, 100, 1_000, 5_000],
  tracked: [100, 1_000, 10_000, 100_000],
  groups: [1, 10, 100, 1_000, 10_000],
} as const satisfies Readonly<Record<keyof WorldSize, readonly number[]>>;

/** In the order in which they are shown. */
export function microCases(): readonly Case[] {
  return (['candidates', 'tracked', 'groups'] as const).flatMap((varies) =>
    SERIES[varies].flatMap((value) =>
      (['first', 'second'] as const).map((unit) => ({ varies, size: { ...USUAL, [varies]: value }, unit })),
    ),
  );
}

/** Whole calls: as many names as 1,000 and 5,000 nodes have, among few pods and many. */
export const CALL_SIZES: readonly WorldSize[] = [1_000, 5_000].flatMap((candidates) =>
  [100, 50_000].map((tracked) => ({ candidates, tracked, groups: 100 })),
);

export interface MicroFigures {
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface CaseResult extends Case, MicroFigures {}

/** Whether the largest size costs at most `tolerance` times the smallest, as it has to with an index. */
export interface Flatness {
  readonly varies: keyof WorldSize;
  readonly unit: Case['unit'];
  /** Median of the largest size ÷ median of the smallest. */
  readonly ratio: number;
}

/** For pods and groups, which a decision must not depend on. Candidates are read one by one, so they count. */
export function flatnessOf(results: readonly CaseResult[]): readonly Flatness[] {
  return (['tracked', 'groups'] as const).flatMap((varies) =>
    (['first', 'second'] as const).flatMap((unit) => {
      const series = results.filter((result) => result.varies === varies && result.unit === unit);
      const [first, last] = [series[0], series.at(-1)];
      if (first === undefined || last === undefined) return [];
      return [{ varies, unit, ratio: last.p50Us / first.p50Us }];
    }),
  );
}
