/**
 * The tables of the report.
 *
 * @module
 */
import { unitTitle } from '../workload/units.ts';
import type { Html } from './markup.ts';
import { html, table } from './markup.ts';
import type { Metric } from './metrics.ts';
import { metric, metricOf, runsOf } from './metrics.ts';
import { representativeRun } from './representative.ts';
import type { BenchResult, Measured, RunResult } from './result.ts';
import type { Spread } from './statistics.ts';
import { KEPT, placementText, presentMetrics, ratioText, runCount, splitText } from './summary.ts';
import { figure, optional } from './text.ts';

const IN_OVERVIEW = [
  'throughput',
  'scheduled-p50',
  'scheduled-p99',
  'running-p90',
  'running-max',
  'filter-p99',
  'extender-cpu',
  'extender-memory',
];

/** One line per variant. */
export function overview(result: BenchResult): Html {
  const present = new Set(presentMetrics(result));
  const shown = IN_OVERVIEW.map(metric).filter((each) => present.has(each));
  return table(
    'Result by variant',
    [
      { title: 'variant' },
      { title: 'runs' },
      { title: 'placement' },
      ...result.workload.units.map((unit) => ({
        title: `pods in ${unitTitle(unit)}`,
      })),
      ...shown.map(({ title, unit }) => ({ title: `${title}, ${unit}` })),
      { title: `pods/s × ${breakable(result.variants[0]?.id ?? '')}` },
    ],
    result.variants.map((variant) => {
      const runs = runsOf(result, variant.id);
      const run = representativeRun(result, variant.id);
      return [
        variant.id,
        runCount(runs),
        placementCell(placementText(runs), variant.keepsPolicy),
        ...result.workload.units.map((_, index) => placedIn(run, index)),
        ...shown.map((each) => spreadCell(metricOf(runs, each))),
        ratioText(result, runs),
      ];
    }),
  );
}

function placedIn(run: Measured | undefined, unit: number): string {
  return run === undefined ? '–' : (run.placement.perUnit[unit] ?? 0).toLocaleString('en-US');
}

/** Every metric of every variant. */
export function allFigures(result: BenchResult): Html {
  const row = (each: Metric): readonly (string | Html)[] => [
    `${each.title}, ${each.unit}`,
    ...result.variants.map(({ id }) => spreadCell(metricOf(runsOf(result, id), each))),
  ];
  return table(
    'All figures',
    [{ title: 'figure' }, ...result.variants.map(({ id }) => ({ title: breakable(id) }))],
    presentMetrics(result).map(row),
  );
}

/** The id of a variant, which may be broken after its parts. */
function breakable(id: string): string {
  return id.replaceAll(/[@/]/g, '$&\u200b');
}

/** Where kube-scheduler spends its time, by its own metrics: means per pod. */
export function schedulerTable(result: BenchResult): Html {
  const shown = result.variants.flatMap(({ id }) => {
    const run = representativeRun(result, id);
    return run === undefined ? [] : [{ id, figures: run.scheduler, extender: run.extender }];
  });
  const points = [...new Set(shown.flatMap(({ figures }) => Object.keys(figures.extensionPointsMs)))];
  return table(
    'kube-scheduler’s time per pod',
    [
      { title: 'variant' },
      { title: 'attempts that placed a pod' },
      { title: 'that found no node' },
      { title: 'that failed' },
      { title: 'attempt, ms' },
      { title: 'choice of a node, ms' },
      ...points.map((point) => ({ title: `${point}, ms` })),
      { title: '/filter in the extender, ms' },
      { title: '/bind in the extender, ms' },
    ],
    shown.map(({ id, figures, extender }) => [
      id,
      figure(figures.attempts.scheduled),
      figure(figures.attempts.unschedulable),
      figure(figures.attempts.error),
      optional(figures.attempt?.meanMs),
      optional(figures.algorithm?.meanMs),
      ...points.map((point) => optional(figures.extensionPointsMs[point])),
      optional(extender?.filter?.meanMs),
      optional(extender?.bind?.meanMs),
    ]),
  );
}

/** Every run, in order. */
export function allRuns({ runs, workload }: BenchResult): Html {
  return table(
    'All runs',
    [
      { title: 'variant' },
      { title: 'round' },
      { title: 'pods/s' },
      { title: 'seconds' },
      { title: 'bound' },
      { title: 'over max' },
      { title: 'out of order' },
      { title: 'undecided' },
      { title: 'within, ms' },
      { title: 'attempts' },
      { title: 'lag p99, ms' },
      { title: 'pods' },
      { title: 'counts', isText: true },
    ],
    runs.map((run) => [
      run.variant,
      run.round,
      ...runCells(run.measured),
      run.measured === undefined ? '–' : lines(splitText(workload.units, run.measured.placement.perUnit)),
      countsCell(run),
    ]),
  );
}

function runCells(run: Measured | undefined): readonly string[] {
  if (run === undefined) return Array.from({ length: 9 }, () => '–');
  const { placement, scheduler, observer } = run;
  const { scheduled, unschedulable, error } = scheduler.attempts;
  return [
    optional(run.podsPerSecond),
    figure(run.seconds),
    `${figure(run.bound)} of ${figure(run.expected)}`,
    figure(placement.overMax),
    figure(placement.outOfOrder),
    figure(placement.undecided),
    figure(placement.bindingWindowMs),
    figure(scheduled + unschedulable + error),
    figure(observer.lagP99Ms),
  ];
}

function countsCell({ faults, measured }: RunResult): Html {
  if (faults.length === 0) return html`<span class="good">yes</span>`;
  const examples = measured?.placement.examples ?? [];
  return html`<span class="bad">no: ${faults.join('; ')}</span>
    ${examples.map((example) => html`<span class="range">${example}</span>`)}`;
}

function spreadCell(spread: Spread | undefined): Html {
  if (spread === undefined) return html`–`;
  const { median, min, max } = spread;
  if (min === max) return html`${figure(median)}`;
  return html`${figure(median)} <span class="range">${figure(min)}–${figure(max)}</span>`;
}

/** Red where a promise is broken; a variant that promises nothing is no offender. */
function placementCell(text: string, keepsPolicy: boolean): Html {
  const parts = lines(text);
  if (!keepsPolicy) return parts;
  return html`<span class="${text.startsWith(KEPT) ? 'good' : 'bad'}">${parts}</span>`;
}

/** A list, one item to a line. */
function lines(text: string): Html {
  const [first = '', ...others] = text.split(', ');
  return html`${first}${others.map((other) => html`<br />${other}`)}`;
}
