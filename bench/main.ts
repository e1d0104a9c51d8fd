/**
 * The benchmark: `npm run bench -- run WORKLOAD.yaml`, `… compare BEFORE.json AFTER.json`, `… micro`. What is measured,
 * and how, is in docs/benchmark.md.
 *
 * @module
 */
import { Command, InvalidArgumentError } from 'commander';
import { compareCommand } from './compare-command.ts';
import { microCommand } from './micro-command.ts';
import { ResultError } from './report/result.ts';
import { runCommand } from './run-command.ts';
import { VariantError } from './variants/variant.ts';
import { WorkloadError } from './workload/workload.ts';

/** Exit code for what cannot be understood or read. */
const UNUSABLE = 2;

const program = new Command('bench').description(
  'Measures kube-scheduler, alone and with extenders, on a real control plane with simulated nodes.',
);
program.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : UNUSABLE));

program
  .command('run')
  .description('measures variants with a workload; see bench/workloads')
  .argument('<workload.yaml>')
  .option('--variants <list>', 'such as alone@default,ours-filter-bind; default: what the workload says')
  .option('--rounds <count>', 'how often each variant runs; default: what the workload says', count)
  .option('--out <folder>', 'where result.json and report.html go; default: a new folder in .cache/bench')
  .action(runCommand);

program
  .command('compare')
  .description('says what became better or worse; exit code 1 when something became worse')
  .argument('<before.json>')
  .argument('<after.json>')
  .option('--threshold <percent>', 'differences up to this are none', count, 10)
  .action(compareCommand);

program
  .command('micro')
  .description(
    'measures a single decision, by candidates, tracked pods and groups, and a single call of /filter',
  )
  .option('--out <file.json>', 'where the figures go, too')
  .option('--time <milliseconds>', 'how long each is measured', count, 500)
  .action(microCommand);

function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is no whole number above 0`);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const isUnusable = [WorkloadError, VariantError, ResultError].some((kind) => error instanceof kind);
  process.stderr.write(`bench: ${isUnusable ? error.message : (error.stack ?? error.message)}\n`);
  process.exitCode = isUnusable ? UNUSABLE : 1;
}
