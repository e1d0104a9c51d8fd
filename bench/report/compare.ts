/**
 * Two results of the same workload, figure by figure.
 *
 * @module
 */
import type { Metric, VariantRuns } from './metrics.ts';
import { METRICS, metricOf, runsOf } from './metrics.ts';
import type { Workload } from '../workload/workload.ts';
import type { BenchResult } from './result.ts';
import type { Spread } from './statistics.ts';

export interface Difference {
  readonly variant: string;
  readonly metric: Metric;
  readonly before: Spread;
  readonly after: Spread;
  /** after ÷ before, of the medians. */
  readonly ratio: number;
  /** `same`: within the threshold, or the rounds of one overlap those of the other. */
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Variants whose runs count in the one and not in the other, in words. */
  readonly newFaults: readonly string[];
  /** Why the figures may not be comparable, in words. */
  readonly warnings: readonly string[];
}

/**
 * A figure became better or worse when its medians differ by more than the threshold and no round of the one result lies
 * within the range of the other.
 *
 * @param thresholdPercent such as 10
 */
export function compareResults(
  before: BenchResult,
  after: BenchResult,
  thresholdPercent: number,
): Comparison {
  const common = before.variants
    .map(({ id }) => id)
    .filter((id) => after.variants.some((variant) => variant.id === id));
  const pairs = common.map((id) => ({ id, before: runsOf(before, id), after: runsOf(after, id) }));
  return {
    differences: pairs.flatMap((pair) => differencesOf(pair, thresholdPercent)),
    newFaults: pairs.flatMap(newFaultsOf),
    warnings: [
      ...mismatches(before, after),
      ...(common.length === 0 ? ['they have no variant in common'] : []),
    ],
  };
}

interface Pair {
  readonly id: string;
  readonly before: VariantRuns;
  readonly after: VariantRuns;
}

function differencesOf({ id, before, after }: Pair, thresholdPercent: number): readonly Difference[] {
  return METRICS.flatMap((metric) => {
    const [was, is] = [metricOf(before, metric), metricOf(after, metric)];
    if (was === undefined || is === undefined || was.median === 0) return [];
    const ratio = is.median / was.median;
    const isApart = is.min > was.max || is.max < was.min;
    const isFar = Math.abs(ratio - 1) * 100 > thresholdPercent;
    const isBetter = ratio > 1 === (metric.better === 'higher');
    const verdict = !isApart || !isFar ? 'same' : isBetter ? 'better' : 'worse';
    return [{ variant: id, metric, before: was, after: is, ratio, verdict }];
  });
}

function newFaultsOf({ id, before, after }: Pair): readonly string[] {
  const wasWrong = before.all.some(({ faults }) => faults.length > 0);
  const [wrong] = after.all.filter(({ faults }) => faults.length > 0);
  if (wasWrong || wrong === undefined) return [];
  return [`${id}, round ${wrong.round}: ${wrong.faults.join('; ')}`];
}

/** The set-up has to be the same for the figures to be about the program. */
function mismatches(before: BenchResult, after: BenchResult): readonly string[] {
  const warnings: string[] = [];
  const note = (what: string, was: unknown, is: unknown): void => {
    const [left, right] = [JSON.stringify(was ?? null), JSON.stringify(is ?? null)];
    if (left !== right) warnings.push(`${what} differs: ${shorten(left)} and ${shorten(right)}`);
  };
  note('the machine', before.machine, after.machine);
  for (const program of ['Kubernetes', 'etcd', 'Node.js']) {
    note(program, before.versions[program], after.versions[program]);
  }
  const keys = Object.keys(before.workload).filter((key) => !BY_THE_WAY.has(key)) as (keyof Workload)[];
  for (const key of keys) note(`the workload's ${key}`, before.workload[key], after.workload[key]);
  return warnings;
}

/** What the figures do not depend on: titles, and which variants run how often. */
const BY_THE_WAY: ReadonlySet<string> = new Set(['name', 'title', 'why', 'variants', 'rounds']);

function shorten(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}…`;
}
