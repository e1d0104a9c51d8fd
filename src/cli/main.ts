#!/usr/bin/env node
/**
 * The command line.
 *
 * @module
 */
import { Command } from 'commander';
import { serve } from './serve.ts';
import { serveCommand } from './serve-settings.ts';
import { VERSION } from './version.ts';

const program = new Command('resource-policy')
  .description("ACK's ResourcePolicy for any Kubernetes: pods fill its units in order, never over max.")
  .version(VERSION)
  .addCommand(serveCommand(serve));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`resource-policy: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
