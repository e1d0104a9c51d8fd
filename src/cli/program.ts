/**
 * The commands, and what becomes of their errors.
 *
 * @module
 */
import { Command } from 'commander';
import { messageOf } from '../facts/message-of.ts';
import { completionCommand } from './completion-command.ts';
import { explainCommand } from './explain-command.ts';
import { lintCommand } from './lint-command.ts';
import { endsWithUsageCode } from './options.ts';
import { planCommand } from './plan-command.ts';
import { serveCommand } from './serve-settings.ts';
import { VERSION } from './version.ts';

/** All that can be said on the command line: for running it, and for those who write it down. */
export function buildProgram(): Command {
  const program = new Command('resource-policy')
    .description("ACK's ResourcePolicy for any Kubernetes: pods fill its units in order, never over max.")
    .version(VERSION)
    .addCommand(
      // Loaded only now: the Kubernetes client takes a second, which --help and a wrong flag need not wait for.
      serveCommand(async (settings) => (await import('./serve.ts')).serve(settings)),
    )
    .addCommand(planCommand(async (settings) => (await import('./plan.ts')).plan(settings)))
    .addCommand(explainCommand(async (settings) => (await import('./explain.ts')).explain(settings)))
    .addCommand(lintCommand(async (settings) => (await import('./lint.ts')).lint(settings)))
    .addCommand(completionCommand())
    .addHelpText(
      'after',
      `
Exit code: 2 wrong usage, or nothing can be done; each command's --help says what its others mean.

Examples:
  $ resource-policy lint policy.yaml                         before it is applied
  $ resource-policy plan policy.yaml job.yaml nodes.yaml     without a cluster
  $ resource-policy serve                                    beside kube-scheduler
  $ kubectl resource-policy explain pod/spark-pi-driver      the same program, as a kubectl plugin`,
    );
  return endsWithUsageCode(program);
}

/** Runs what the command line says; errors go to standard error, in one line. */
export async function run(): Promise<void> {
  try {
    await buildProgram().parseAsync();
  } catch (error) {
    process.stderr.write(`resource-policy: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
