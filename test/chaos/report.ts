/**
 * A run as figures, and the figures as text.
 *
 * @module
 */
import { FAULTS } from './faults/kinds.ts';
import type { Played, RunResult } from './run.ts';

/** Times in milliseconds; undefined: there were none. */
export interface Spread {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly max: number | undefined;
}

export interface Report {
  readonly command: string;
  readonly faults: number;
  /** Number of faults of each kind that was used. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly overshoots: number;
  readonly strays: number;
  readonly stuck: number;
  readonly outranked: number;
  readonly mismatches: number;
  readonly unaskedEnds: number;
  /** Time to the next placement after an episode, all of them and by the kinds that took part. */
  readonly recovery: Spread;
  readonly recoveryByKind: Readonly<Record<string, Spread>>;
  /** Episodes after which nothing was placed in time though there was something to place. */
  readonly late: readonly string[];
  readonly result: RunResult;
}

export function reportOn(command: string, result: RunResult): Report {
  const { played, verdict, log, unaskedEnds } = result;
  const faults = played.flatMap(({ episode }) => episode.faults);
  const kinds = Object.keys(FAULTS).filter((kind) => faults.some((fault) => fault.kind === kind));
  const within = (kind: string): Played[] =>
    played.filter(({ episode }) => episode.faults.some((fault) => fault.kind === kind));
  return {
    command,
    faults: faults.length,
    kinds: Object.fromEntries(
      kinds.map((kind) => [kind, faults.filter((fault) => fault.kind === kind).length]),
    ),
    overshoots: verdict.overshoots.length,
    strays: verdict.strays.length,
    stuck: verdict.stuck.length,
    outranked: verdict.outranked.length,
    mismatches: log.mismatches,
    unaskedEnds: unaskedEnds.length,
    recovery: spreadOf(played),
    recoveryByKind: Object.fromEntries(kinds.map((kind) => [kind, spreadOf(within(kind))])),
    late: played.filter(({ recovery }) => recovery.isLate).map(({ episode }) => episode.name),
    result,
  };
}

/** What was promised and not kept; empty: all is well. */
export function broken(report: Report): string[] {
  const { overshoots, strays, stuck, outranked, mismatches, unaskedEnds, result } = report;
  const counts = {
    'times a unit was over its limits': overshoots,
    'pods on nodes of no unit': strays,
    'pods stuck': stuck,
    'urgent pods waiting behind others': outranked,
    'times the ledger differed from a recount': mismatches,
    'ends of an extender that nobody asked for': unaskedEnds,
    'errors in the log of an extender': result.log.errors.length,
  };
  return Object.entries(counts).flatMap(([what, number]) => (number === 0 ? [] : [`${number} ${what}`]));
}

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const { result, recovery } = report;
  const { verdict } = result;
  const rows: readonly (readonly [string, string])[] = [
    ['faults injected', `${report.faults} of ${Object.keys(report.kinds).length} kinds`],
    ['pods created, placed, deleted', `${result.created}, ${result.placed}, ${result.deleted}`],
    ['bursts', `${result.bursts}, up to ${result.largestBurst} pods at once`],
    ['changes of pods checked', String(result.changes)],
    ['requests refused, held back or left unanswered', String(result.treatedRequests)],
    ['**overshoots**', `**${report.overshoots}**`],
    ['**pods stuck after the faults**', `**${report.stuck}**`],
    ['groups with waiting pods, every unit exactly full', String(verdict.fullGroups)],
    ['pods rightly waiting at the end', String(verdict.waiting - report.stuck)],
    ['pods on nodes of no unit', String(report.strays)],
    ['evicted for urgent pods, urgent pods placed', `${verdict.victims}, ${verdict.urgentPlaced}`],
    ['ledger differed from a recount', String(report.mismatches)],
    ['time to the next placement, p50, p90, max', spreadText(recovery)],
    [
      'after the last fault until all was right',
      verdict.settledMs === undefined ? 'never' : seconds(verdict.settledMs),
    ],
  ];
  const byKind = Object.entries(report.kinds).map(([kind, number]) => [
    `\`${kind}\``,
    FAULTS[kind as keyof typeof FAULTS],
    String(number),
    spreadText(report.recoveryByKind[kind] ?? spreadOf([])),
  ]);
  return [
    `    ${report.command}`,
    '',
    table(['', ''], rows),
    '',
    table(['fault', 'what', 'times', 'next placement: p50, p90, max'], byKind),
    '',
  ].join('\n');
}

function spreadOf(played: readonly Played[]): Spread {
  const times = played.flatMap(({ recovery }) => recovery.nextMs ?? []).toSorted((a, b) => a - b);
  const at = (share: number): number | undefined => times[Math.ceil(times.length * share) - 1];
  return { count: times.length, p50: at(0.5), p90: at(0.9), max: times.at(-1) };
}

function spreadText({ p50, p90, max }: Spread): string {
  const all = [p50, p90, max].flatMap((time) => (time === undefined ? [] : [seconds(time)]));
  return all.length === 0 ? '–' : all.join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, head.map(() => '---'), ...rows];
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
