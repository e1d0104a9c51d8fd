/**
 * The arguments of `lint`.
 *
 * @module
 */
import { Command, Option } from 'commander';
import type { Labels } from '../facts/labels.ts';
import { endsWithUsageCode, virtualNodeLabel } from './options.ts';

export interface LintSettings {
  /** `-`: standard input. */
  readonly files: readonly string[];
  readonly output: 'text' | 'json';
  readonly virtualNodeLabel: Labels;
}

/** @param run resolves with the exit code. */
export function lintCommand(run: (settings: LintSettings) => Promise<number>): Command {
  const command = new Command('lint')
    .description('Say what ResourcePolicies in files do that their author may not mean.')
    .argument('<file...>', 'YAML or JSON files, - for standard input')
    .addOption(
      new Option('-o, --output <format>', 'how to print the findings')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(virtualNodeLabel())
    .addHelpText(
      'after',
      `
The files may hold other objects too. SparkApplications, Deployments, StatefulSets, Jobs and Pods tell how large the jobs
are, Nodes which units have nodes; what is not given is not judged. No cluster is asked.

Exit code: 0 nothing found, 1 findings, 2 wrong usage, or a policy is invalid or a file cannot be read.

Examples:
  $ resource-policy lint policy.yaml
  $ resource-policy lint policy.yaml spark-pi.yaml
  $ kubectl get resourcepolicies,nodes -A -o yaml | resource-policy lint -`,
    );
  return endsWithUsageCode(command).action(
    async (files: readonly string[], options: Omit<LintSettings, 'files'>) => {
      process.exitCode = await run({ ...options, files });
    },
  );
}
