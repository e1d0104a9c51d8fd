/**
 * A run as figures, and the figures as text.
 *
 * @module
 */
import { FAULTS } from './faults/kinds.ts';
import type { Played, RunResult } from './run.ts';
import { seconds, spreadOf, spreadText, table } from './text.ts';
import type { Spread } from './text.ts';
import { brokenIn, lines } from './verdict.ts';

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
    recovery: recoveryOf(played),
    recoveryByKind: Object.fromEntries(kinds.map((kind) => [kind, recoveryOf(within(kind))])),
    late: played.filter(({ recovery }) => recovery.isLate).map(({ episode }) => episode.name),
    result,
  };
}

/** What was promised and not kept; empty: all is well. */
export function broken({ mismatches, unaskedEnds, result }: Report): string[] {
  return [
    ...brokenIn(result.verdict),
    ...lines({
      'times the ledger differed from a recount': mismatches,
      'ends of an extender that nobody asked for': unaskedEnds,
      'errors in the log of an extender': result.log.errors.length,
    }),
  ];
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

function recoveryOf(played: readonly Played[]): Spread {
  return spreadOf(played.flatMap(({ recovery }) => recovery.nextMs ?? []));
}
