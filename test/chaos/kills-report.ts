/**
 * A run of kills as text.
 *
 * @module
 */
import type { KillsResult } from './kills.ts';
import { seconds, spreadOf, spreadText, table } from './text.ts';
import { brokenIn, lines } from './verdict.ts';

/** A restart is to be ready within this time. */
const READY_WITHIN_MS = 3_000;

/** What was promised and not kept; empty: all is well. */
export function brokenByKills({ verdict, readyMs, jobs, fullJobs }: KillsResult): string[] {
  return [
    ...brokenIn(verdict),
    ...lines({
      'jobs with a unit that is not exactly full': jobs - fullJobs,
      'restarts that were not ready within 3 s': readyMs.filter(
        (ms) => ms === undefined || ms > READY_WITHIN_MS,
      ).length,
    }),
  ];
}

export function killsToMarkdown(command: string, result: KillsResult): string {
  const { kills, pods, jobs, fullJobs, readyMs, verdict, tookMs } = result;
  const ready = readyMs.flatMap((ms) => ms ?? []);
  const rows = [
    ['pods of one burst, jobs', `${pods}, ${jobs}`],
    ['SIGKILLs of the extender', String(kills)],
    ['from start to ready, p50, p90, max', spreadText(spreadOf(ready))],
    ['**overshoots**', `**${verdict.overshoots.length}**`],
    ['**pods stuck**', `**${verdict.stuck.length}**`],
    ['jobs with every unit exactly full', `${fullJobs} of ${jobs}`],
    ['the whole of it took', seconds(tookMs)],
  ];
  return [`    ${command}`, '', table(['', ''], rows), ''].join('\n');
}
