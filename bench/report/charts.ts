/**
 * The charts of the report, as data for Chart.js.
 *
 * @module
 */
import { unitTitle } from '../workload/units.ts';
import type { Chart } from './chart-kinds.ts';
import { bars, lines } from './chart-kinds.ts';
import { costOf } from './eci.ts';
import { metric, metricOf, runsOf } from './metrics.ts';
import { representativeRun } from './representative.ts';
import type { BenchResult, Measured } from './result.ts';
import { variantStyle, UNIT_COLOURS, PROCESS_COLOURS } from './style.ts';

interface Shown {
  readonly id: string;
  readonly run: Measured;
}

/** Those that the result has something for. */
export function chartsOf(result: BenchResult): readonly Chart[] {
  const shown = result.variants.flatMap(({ id }): Shown[] => {
    const run = representativeRun(result, id);
    return run === undefined ? [] : [{ id, run }];
  });
  if (shown.length === 0) return [];
  return [
    throughputChart(result),
    ...latencyCharts(shown),
    progressChart(shown),
    paceChart(shown),
    splitChart(result, shown),
    ...costCharts(result, shown),
    processChart(shown),
  ];
}

function throughputChart(result: BenchResult): Chart {
  const rows = result.variants.flatMap(({ id }) => {
    const spread = metricOf(runsOf(result, id), metric('throughput'));
    return spread === undefined ? [] : [{ id, spread }];
  });
  return bars({
    title: 'Throughput',
    note: 'Pods scheduled per second between the 10th and the 90th percentile of the bindings: median of the rounds; the dark line reaches from the slowest round to the fastest. Runs that do not count are left out.',
    labels: rows.map(({ id }) => id),
    axis: 'pods/s',
    datasets: [
      {
        label: 'median',
        data: rows.map(({ spread }) => round(spread.median)),
        backgroundColor: rows.map(({ id }) => variantStyle(id).colour),
        grouped: false,
      },
      {
        label: 'slowest to fastest round',
        data: rows.map(({ spread }) => [round(spread.min), round(spread.max)]),
        backgroundColor: 'rgba(0, 0, 0, 0.6)',
        barThickness: 3,
        minBarLength: 2,
        grouped: false,
      },
    ],
    legend: false,
  });
}

function latencyCharts(shown: readonly Shown[]): readonly Chart[] {
  const curves = [
    {
      title: 'Created → scheduled',
      note: 'Share of the pods that had a node after so long.',
      of: (run: Measured) => run.scheduled,
    },
    {
      title: 'Created → running',
      note: 'Share of the pods that ran after so long; the start-up itself is simulated.',
      of: (run: Measured) => run.running,
    },
  ];
  return curves.flatMap(({ title, note, of }) => {
    const datasets = shown.flatMap(({ id, run }) => {
      const curve = of(run)?.curve;
      return curve === undefined
        ? []
        : [
            line(
              id,
              curve.map((ms, percent) => ({ x: round(Math.max(ms, 0.1)), y: percent })),
            ),
          ];
    });
    if (datasets.length === 0) return [];
    return [lines({ title, note, datasets, x: { title: 'ms', type: 'logarithmic' }, y: '% of pods' })];
  });
}

function progressChart(shown: readonly Shown[]): Chart {
  const datasets = shown.flatMap(({ id, run }) => {
    const curve = run.boundAt?.curve;
    return curve === undefined
      ? []
      : [
          line(
            id,
            curve.map((ms, percent) => ({ x: round(ms / 1_000), y: percent })),
          ),
        ];
  });
  return lines({
    title: 'Progress',
    note: 'Share of the pods that were scheduled since the measurement began.',
    datasets,
    x: { title: 's', type: 'linear' },
    y: '% of pods',
  });
}

function paceChart(shown: readonly Shown[]): Chart {
  return lines({
    title: 'Throughput over time',
    note: 'Bindings per second in each span of time since the measurement began.',
    datasets: shown.map(({ id, run: { timeline } }) =>
      line(
        id,
        timeline.bound.map((count, bin) => ({
          x: round((bin + 0.5) * timeline.binSeconds),
          y: round(count / timeline.binSeconds),
        })),
      ),
    ),
    x: { title: 's', type: 'linear' },
    y: 'pods/s',
  });
}

function splitChart({ workload: { units } }: BenchResult, shown: readonly Shown[]): Chart {
  const inUnits = units.map((unit, index) => ({
    label: `unit ${index + 1}: ${unitTitle(unit)}`,
    data: shown.map(({ run }) => run.placement.perUnit[index] ?? 0),
    backgroundColor: UNIT_COLOURS[index % UNIT_COLOURS.length],
    stack: 'pods',
  }));
  const without = shown.map(
    ({ run }) => run.created - run.placement.perUnit.reduce((sum, count) => sum + count, 0),
  );
  const others = {
    label: 'in no unit, or without a node',
    data: without,
    backgroundColor: '#bbbbbb',
    stack: 'pods',
  };
  return bars({
    title: 'Where the pods went',
    note: 'Pods by unit of the policy.',
    labels: shown.map(({ id }) => id),
    axis: 'pods',
    datasets: without.some((count) => count > 0) ? [...inUnits, others] : inUnits,
    legend: true,
  });
}

function costCharts({ workload }: BenchResult, shown: readonly Shown[]): readonly Chart[] {
  const costs = shown.map(({ run }) => costOf(workload, run));
  if (costs.every((cost) => cost === undefined)) return [];
  const datasets = [
    { label: 'on demand', data: costs.map((cost) => cost?.yuan ?? 0), backgroundColor: '#d55e00' },
    { label: 'Spot', data: costs.map((cost) => cost?.spotYuan ?? 0), backgroundColor: '#009e73' },
  ];
  return [
    bars({
      title: 'Cost of the pods on ECI',
      note: 'Price per second × billed seconds × pods on ECI; the machines of ECS are paid for anyway.',
      labels: shown.map(({ id }) => id),
      axis: '¥',
      datasets,
      legend: true,
    }),
  ];
}

function processChart(shown: readonly Shown[]): Chart {
  const names = [...new Set(shown.flatMap(({ run }) => run.processes.map(({ name }) => name)))];
  const perPod = ({ run }: Shown, name: string): number => {
    const used = run.processes.find((process) => process.name === name);
    return used === undefined || run.bound === 0 ? 0 : round((used.cpuSeconds / run.bound) * 1_000);
  };
  return bars({
    title: 'CPU time per pod',
    note: 'Of every process, during the measurement.',
    labels: shown.map(({ id }) => id),
    axis: 'ms per pod',
    datasets: names.map((name, index) => ({
      label: name,
      data: shown.map((each) => perPod(each, name)),
      backgroundColor: PROCESS_COLOURS[index % PROCESS_COLOURS.length],
      stack: 'cpu',
    })),
    legend: true,
  });
}

function line(id: string, data: readonly { readonly x: number; readonly y: number }[]): object {
  const { colour, dash } = variantStyle(id);
  return { label: id, data, borderColor: colour, backgroundColor: colour, borderDash: dash };
}

/** Digits that nobody can see would only make the file large. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
