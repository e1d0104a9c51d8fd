/**
 * `bench run WORKLOAD.yaml`.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Progress, formatElapsed } from '../test/control-plane/progress.ts';
import { htmlReport } from './report/html.ts';
import { describeMachine, describeVersions, type Versions } from './report/machine.ts';
import type { BenchResult, RunResult } from './report/result.ts';
import { makeResult } from './report/result.ts';
import { describeSettings } from './report/settings.ts';
import { summaryTable } from './report/summary.ts';
import { Bench } from './run/bench.ts';
import { chooseVariants } from './variants/variant.ts';
import { policyManifest } from './workload/policy.ts';
import { loadWorkload } from './workload/workload.ts';

/** As they were given. */
export interface RunOptions {
  readonly variants?: string | undefined;
  readonly rounds?: number | undefined;
  readonly out?: string | undefined;
}

/** Runs it, and leaves `result.json` and `report.html` in the folder `out`. */
export async function runCommand(file: string, { variants, rounds, out }: RunOptions): Promise<void> {
  const workload = loadWorkload(file);
  const chosen = chooseVariants(variants, workload);
  const startedAt = new Date().toISOString();
  const folder = out ?? join('.cache', 'bench', `${workload.name}-${startedAt.replaceAll(/[:.]/g, '-')}`);
  mkdirSync(folder, { recursive: true });
  const runs: RunResult[] = [];
  let versions: Versions = {};
  let settings: readonly string[] = [];

  const progress = new Progress(`bench ${workload.name}`);
  const bench = new Bench({
    workload,
    variants: chosen,
    rounds: rounds ?? workload.rounds,
    progress: (doing, left) =>
      progress.detail(left === undefined ? doing : `${doing}; about ${formatElapsed(left * 1_000)} left`),
    started: async ({ plane }) => {
      versions = await describeVersions(plane);
      settings = describeSettings(plane, workload);
    },
    finished: (run) => {
      runs.push(run);
      // After each run, so that nothing is lost when somebody interrupts it.
      write(folder, result());
    },
  });
  const result = (): BenchResult =>
    makeResult({
      startedAt,
      command: commandText(file, { variants, rounds }),
      machine: describeMachine(),
      versions,
      settings,
      workload,
      policy: policyManifest(workload),
      variants: bench.variants,
      runs,
    });
  let outcome = 'failed';
  try {
    await bench.run();
    outcome = 'done';
  } finally {
    progress.end(outcome);
  }
  process.stdout.write(`${summaryTable(result())}\n\n`);
  for (const name of FILES) process.stdout.write(`${relative('.', join(folder, name))}\n`);
}

const FILES = ['result.json', 'report.html'] as const;

function write(folder: string, result: BenchResult): void {
  const [json, page] = FILES;
  writeFileSync(join(folder, json), JSON.stringify(result, undefined, 1));
  writeFileSync(join(folder, page), htmlReport(result));
}

function commandText(file: string, { variants, rounds }: RunOptions): string {
  return [
    'npm run bench -- run',
    relative('.', file),
    ...(variants === undefined ? [] : [`--variants ${variants}`]),
    ...(rounds === undefined ? [] : [`--rounds ${rounds}`]),
  ].join(' ');
}
