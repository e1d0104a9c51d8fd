#!/usr/bin/env -S node --max-semi-space-size=8
/**
 * The command line. Its young generation is kept small: by default it grows while the cluster is listed and is never
 * given back, a quarter of the memory of a process that follows 20,000 pods (docs/decisions/005-memory.md).
 *
 * @module
 */
import { messageOf } from '../facts/message-of.ts';
import { Command } from 'commander';
import { explainCommand } from './explain-command.ts';
import { lintCommand } from './lint-command.ts';
import { planCommand } from './plan-command.ts';
import { serveCommand } from './serve-settings.ts';
import { VERSION } from './version.ts';

const program = new Command('resource-policy')
  .description("ACK's ResourcePolicy for any Kubernetes: pods fill its units in order, never over max.")
  .version(VERSION)
  .addCommand(
    // Loaded only now: the Kubernetes client takes a second, which --help and a wrong flag need not wait for.
    serveCommand(async (settings) => (await import('./serve.ts')).serve(settings)),
  )
  .addCommand(planCommand(async (settings) => (await import('./plan.ts')).plan(settings)))
  .addCommand(explainCommand(async (settings) => (await import('./explain.ts')).explain(settings)))
  .addCommand(lintCommand(async (settings) => (await import('./lint.ts')).lint(settings)));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`resource-policy: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
