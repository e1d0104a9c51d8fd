/**
 * A result in a few lines, for the terminal.
 *
 * @module
 */
import { unitTitle } from '../workload/units.ts';
import type { Metric, VariantRuns } from './metrics.ts';
import { METRICS, metricOf, metric, runsOf } from './metrics.ts';
import type { BenchResult, Measured } from './result.ts';
import { figure, spreadText, textTable } from './text.ts';

/** Metrics of the table, as far as any variant has them. */
const SHOWN = [
  'throughput',
  'seconds',
  'scheduled-p50',
  'scheduled-p99',
  'running-p90',
  'running-max',
  'filter-p99',
  'extender-cpu',
  'extender-memory',
];

/** How the text of a placement begins that is as the policy says, for all that can be told. */
export const KEPT = 'kept';

/** Medians over the runs that count, with the least and the most. */
export function summaryTable(result: BenchResult): string {
  const rows = result.variants.map((variant) => ({ variant, runs: runsOf(result, variant.id) }));
  const shown = SHOWN.map(metric).filter((each) =>
    rows.some(({ runs }) => metricOf(runs, each) !== undefined),
  );
  const header = ['variant', 'runs', 'placement', ...shown.map(columnTitle), `×\n${ratioBase(result)}`];
  const table = textTable(
    header,
    rows.map(({ variant, runs }) => [
      variant.id,
      runCount(runs),
      placementText(runs),
      ...shown.map((each) => spreadText(metricOf(runs, each))),
      ratioText(result, runs),
    ]),
  );
  const disturbance = disturbanceText(result);
  const note = disturbance === undefined ? [] : ['', disturbance];
  return [table, ...faultLines(result), ...note].join('\n');
}

/** Other programs that use more of the processors than this, percent, are told of. */
const DISTURBING_PERCENT = 5;

/** What other programs did to the figures; undefined: nothing to speak of. */
export function disturbanceText({ runs }: BenchResult): string | undefined {
  const most = Math.max(0, ...runs.map(({ measured }) => measured?.observer.othersPercent ?? 0));
  if (most <= DISTURBING_PERCENT) return undefined;
  return `Other programs used up to ${figure(most)} % of the processors: these figures are not to be relied on.`;
}

function columnTitle({ title, unit }: Metric): string {
  return [...title.split(/(?: →|,)? /), unit].join('\n');
}

/** Runs that count, of how many. */
export function runCount({ all, counted }: VariantRuns): string {
  return counted.length === all.length ? String(all.length) : `${counted.length} of ${all.length}`;
}

function ratioBase({ variants }: BenchResult): string {
  return (variants[0]?.id ?? '').replace('@', '\n@');
}

/** Throughput in relation to the first variant. */
export function ratioText(result: BenchResult, runs: VariantRuns): string {
  const first = result.variants[0];
  const throughput = metric('throughput');
  const base = first === undefined ? undefined : metricOf(runsOf(result, first.id), throughput)?.median;
  const own = metricOf(runs, throughput)?.median;
  return base === undefined || own === undefined ? '–' : (own / base).toFixed(2);
}

/** How well the placement keeps the policy, over all runs that were measured. */
export function placementText({ all }: VariantRuns): string {
  const measured = all.flatMap((run) => run.measured ?? []);
  if (measured.length === 0) return '–';
  const most = (of: (run: Measured) => number): number => Math.max(...measured.map(of));
  const wrongs = [
    [most(({ placement }) => placement.outOfOrder), 'out of order'],
    [most(({ placement }) => placement.overMax), 'over max'],
    [most(({ placement }) => placement.outside), 'outside'],
    [most(({ expected, bound }) => expected - bound), 'left waiting'],
  ] as const;
  const shown = wrongs.flatMap(([count, text]) => (count === 0 ? [] : [`${figure(count)} ${text}`]));
  if (shown.length > 0) return shown.join(', ');
  const undecided = most(({ placement }) => placement.undecided);
  return undecided === 0 ? KEPT : `${KEPT}, ${figure(undecided)} undecided`;
}

function faultLines({ runs }: BenchResult): readonly string[] {
  const wrong = runs.filter(({ faults }) => faults.length > 0);
  if (wrong.length === 0) return [];
  return [
    '',
    'Not counted:',
    ...wrong.map(({ variant, round, faults }) => `  ${variant}, round ${round}: ${faults.join('; ')}`),
  ];
}

/** `ECS 50, ECI 50`. */
export function splitText(units: BenchResult['workload']['units'], perUnit: readonly number[]): string {
  return units
    .map((unit, index) => `${unitTitle(unit)} ${(perUnit[index] ?? 0).toLocaleString('en-US')}`)
    .join(', ');
}

/** All metrics that any variant has. */
export function presentMetrics(result: BenchResult): readonly Metric[] {
  const runs = result.variants.map(({ id }) => runsOf(result, id));
  return METRICS.filter((each) => runs.some((variant) => metricOf(variant, each) !== undefined));
}
