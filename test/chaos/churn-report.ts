/**
 * A run of churn as text, table and graph.
 *
 * @module
 */
import type { ChurnResult, ChurnSample } from './churn.ts';
import { toSvg } from './graph.ts';
import { table } from './text.ts';
import { brokenIn } from './verdict.ts';

/** Memory that is more than this higher in the last quarter than in the second one grows. */
const FLAT_WITHIN = 0.1;

/** What was promised and not kept; empty: all is well. */
export function brokenByChurn({ verdict, samples }: ChurnResult): string[] {
  const rise = growth(samples, ({ heapMib }) => heapMib);
  return [...brokenIn(verdict), ...(rise > FLAT_WITHIN ? [`the heap grew by ${percent(rise)}`] : [])];
}

export function churnToMarkdown(command: string, { samples, verdict }: ChurnResult): string {
  const last = samples.at(-1);
  const minutes = last?.minutes ?? 0;
  const rate = (count = 0): string => (minutes === 0 ? '–' : (count / minutes).toFixed(0));
  const rows = [
    ['minutes', minutes.toFixed(0)],
    ['pods created, placed, deleted', `${last?.created}, ${last?.placed}, ${last?.deleted}`],
    ['a minute', `${rate(last?.created)}, ${rate(last?.placed)}, ${rate(last?.deleted)}`],
    ['RSS, second and last quarter', quarters(samples, ({ rssMib }) => rssMib)],
    ['heap, second and last quarter', quarters(samples, ({ heapMib }) => heapMib)],
    ['**overshoots**', `**${verdict.overshoots.length}**`],
    ['**pods stuck**', `**${verdict.stuck.length}**`],
  ];
  return [`    ${command}`, '', table(['', ''], rows), ''].join('\n');
}

/** The samples, one a line. */
export function churnToCsv(samples: readonly ChurnSample[]): string {
  const rows = samples.map(({ minutes, rssMib, heapMib, pods, created, placed, deleted }) =>
    [minutes.toFixed(3), rssMib.toFixed(1), heapMib.toFixed(1), pods, created, placed, deleted].join(','),
  );
  return ['minutes,rss_mib,heap_mib,pods,created,placed,deleted', ...rows, ''].join('\n');
}

export function churnToSvg(samples: readonly ChurnSample[]): string {
  const points = (value: (sample: ChurnSample) => number): [number, number][] =>
    samples.map((sample) => [sample.minutes, value(sample)]);
  return toSvg({
    title: 'Memory of the extender while pods come and go',
    xName: 'minutes',
    yName: 'MiB',
    lines: [
      { name: 'resident (RSS)', color: '#3b7dd8', points: points(({ rssMib }) => rssMib) },
      { name: 'heap in use', color: '#d8863b', points: points(({ heapMib }) => heapMib) },
    ],
  });
}

function quarters(samples: readonly ChurnSample[], value: (sample: ChurnSample) => number): string {
  const [second, last] = [1, 3].map((quarter) => mean(samples, quarter, value));
  return `${second?.toFixed(0)}, ${last?.toFixed(0)} MiB (${percent(growth(samples, value))})`;
}

/** From the second quarter to the last: the first one fills caches. */
function growth(samples: readonly ChurnSample[], value: (sample: ChurnSample) => number): number {
  return mean(samples, 3, value) / mean(samples, 1, value) - 1;
}

function mean(
  samples: readonly ChurnSample[],
  quarter: number,
  value: (sample: ChurnSample) => number,
): number {
  const part = samples.slice(
    Math.floor((samples.length * quarter) / 4),
    Math.floor((samples.length * (quarter + 1)) / 4),
  );
  return part.reduce((sum, sample) => sum + value(sample), 0) / part.length;
}

function percent(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
}
