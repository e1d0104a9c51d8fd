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
import { run } from './run.ts';
import { FULL_DURATIONS } from './schedule.ts';
import { FULL_LOAD } from './load/sizes.ts';

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
  mkdirSync(dir, { recursive: true });
  switch (wanted.mode) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'faults':
      return faults(wanted, dir);
    case 'kills':
    case 'churn':
      throw new Error('not yet');
  }
}

async function faults(wanted: Extract<Wanted, { mode: 'faults' }>, dir: string): Promise<number> {
  const { minutes, seed, kinds, replicas, logLevel } = wanted;
  const command = `npm run test:chaos -- --minutes ${minutes} --seed ${seed} --replicas ${replicas}`;
  tell(`${command}\nlogs and report: ${relative(process.cwd(), dir)}`);
  const result = await run({
    seed,
    forMs: minutes * 60_000,
    kinds,
    durations: FULL_DURATIONS,
    replicas,
    load: FULL_LOAD,
    recoveryMs: 60_000,
    settling: { timeoutMs: 280_000, calmMs: 3_000 },
    dir,
    flags: ['--log-level', logLevel],
    tell,
  });
  const report = reportOn(command, result);
  const text = toMarkdown(report);
  writeFileSync(join(dir, 'report.json'), JSON.stringify(report, undefined, 2));
  writeFileSync(join(dir, 'report.md'), text);
  tell(`\n${text}`);
  const problems = broken(report);
  for (const problem of problems) tell(`✗ ${problem}`);
  tell(problems.length === 0 ? '✓ every limit held, nobody is stuck' : `see ${relative(process.cwd(), dir)}`);
  return problems.length === 0 ? 0 : 1;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
