/**
 * The chaos tests as a program: `npm run test:chaos -- --help`.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cacheDir } from '../control-plane/paths.ts';
import type { Wanted } from './options.ts';
import { parseOptions, USAGE } from './options.ts';
import { broken, reportOn, toMarkdown } from './report.ts';
import { brokenByChurn, churnToCsv, churnToMarkdown, churnToSvg } from './churn-report.ts';
import { runChurn } from './churn.ts';
import { brokenByKills, killsToMarkdown } from './kills-report.ts';
import { runKills } from './kills.ts';
import { run } from './run.ts';
import { FULL_DURATIONS } from './schedule.ts';
import { FULL_LOAD } from './load/sizes.ts';

/** A deaf connection is noticed after 80 s at the latest. */
const SETTLING = { idleMs: 150_000, timeoutMs: 900_000, calmMs: 3_000 };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = parseOptions(args, randomInt(1, 1_000_000));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const dir = join(cacheDir, 'chaos', new Date().toISOString().replaceAll(':', '-').slice(0, 19));
  switch (wanted.mode) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'faults':
      return faults(wanted, dir);
    case 'kills':
      return kills(wanted, dir);
    case 'churn':
      return churn(wanted, dir);
  }
}

async function faults(wanted: Extract<Wanted, { mode: 'faults' }>, dir: string): Promise<number> {
  const { minutes, seed, kinds, replicas, logLevel, isSelection } = wanted;
  const selected = isSelection ? ` --faults ${kinds.join(',')}` : '';
  const command = `npm run test:chaos -- --minutes ${minutes} --seed ${seed} --replicas ${replicas}${selected}`;
  begin(command, dir);
  const result = await run({
    seed,
    forMs: minutes * 60_000,
    kinds,
    durations: FULL_DURATIONS,
    replicas,
    load: FULL_LOAD,
    recoveryMs: 60_000,
    settling: SETTLING,
    dir,
    flags: ['--log-level', logLevel],
    tell,
  });
  const report = reportOn(command, result);
  return finish(dir, { json: report, text: toMarkdown(report), problems: broken(report) });
}

async function kills(wanted: Extract<Wanted, { mode: 'kills' }>, dir: string): Promise<number> {
  const command = `npm run test:chaos -- --kills ${wanted.kills} --pods ${wanted.pods}`;
  begin(command, dir);
  const result = await runKills({ ...wanted, settling: SETTLING, timeoutMs: 1_800_000, dir, tell });
  return finish(dir, {
    json: result,
    text: killsToMarkdown(command, result),
    problems: brokenByKills(result),
  });
}

async function churn({ minutes }: Extract<Wanted, { mode: 'churn' }>, dir: string): Promise<number> {
  const command = `npm run test:chaos -- --churn --minutes ${minutes}`;
  begin(command, dir);
  const result = await runChurn({ forMs: minutes * 60_000, settling: SETTLING, dir, tell });
  writeFileSync(join(dir, 'memory.csv'), churnToCsv(result.samples));
  writeFileSync(join(dir, 'memory.svg'), churnToSvg(result.samples));
  return finish(dir, {
    json: result,
    text: churnToMarkdown(command, result),
    problems: brokenByChurn(result),
  });
}

function begin(command: string, dir: string): void {
  mkdirSync(dir, { recursive: true });
  tell(`${command}\nlogs and report: ${relative(process.cwd(), dir)}`);
}

/** @returns the exit code. */
function finish(
  dir: string,
  { json, text, problems }: { json: object; text: string; problems: readonly string[] },
): number {
  writeFileSync(join(dir, 'report.json'), JSON.stringify(json, undefined, 2));
  writeFileSync(join(dir, 'report.md'), text);
  tell(`\n${text}`);
  for (const problem of problems) tell(`✗ ${problem}`);
  if (problems.length === 0) tell('✓ every limit held, nobody is stuck');
  return problems.length === 0 ? 0 : 1;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
