/**
 * The arguments of `plan`.
 *
 * @module
 */
import { Command, Option } from 'commander';
import type { Labels } from '../facts/labels.ts';
import { endsWithUsageCode, virtualNodeLabel } from './options.ts';
import { parseSpan } from './values.ts';

export interface PlanSettings {
  /** `-`: standard input. */
  readonly files: readonly string[];
  /** Whether nodes, pods and policies of a cluster are taken, too. */
  readonly live: boolean;
  readonly kubeconfig?: string;
  /** Absent: that of the kubeconfig's context, without a cluster `default`. */
  readonly namespace?: string;
  /** A file. */
  readonly prices?: string;
  /** How long a job runs, in milliseconds. */
  readonly duration?: number;
  readonly output: 'table' | 'json' | 'yaml';
  readonly virtualNodeLabel: Labels;
}

/** @param run resolves with the exit code. */
export function planCommand(run: (settings: PlanSettings) => Promise<number>): Command {
  const command = new Command('plan')
    .description('Say which pod would go to which unit and node, what would wait and why, and what it costs.')
    .argument('[file...]', 'YAML or JSON files, - for standard input')
    .addOption(
      new Option(
        '--live',
        'take the nodes, pods and policies of the cluster; those of the files come on top',
      ).default(false),
    )
    .addOption(
      new Option(
        '--kubeconfig <file>',
        'of the cluster to take them from (implies --live); without it $KUBECONFIG, ~/.kube/config, then the in-cluster account',
      ).implies({ live: true }),
    )
    .addOption(
      new Option(
        '-n, --namespace <name>',
        "namespace of objects that name none; without it that of the kubeconfig's context, or default",
      ),
    )
    .addOption(new Option('--prices <file>', 'price list, such as examples/prices/eci.yaml'))
    .addOption(
      new Option('--duration <span>', 'how long the job runs, such as 90s or 1h30m: what it costs').argParser(
        parseSpan,
      ),
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print the plan')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .addOption(virtualNodeLabel())
    .addHelpText(
      'after',
      `
The files hold ResourcePolicies, Nodes and what is to be placed: SparkApplications, Deployments, ReplicaSets,
StatefulSets, Jobs and Pods, in the order in which they are created. Pods with a node take room there. The pods are
placed one after the other by the code that decides in serve; nothing is changed anywhere.

Exit code: 0 everything is placed, 1 a pod stays pending, 2 wrong usage, or something is invalid or cannot be read.

Examples:
  $ resource-policy plan policy.yaml spark-pi.yaml nodes.yaml
  $ resource-policy plan policy.yaml spark-pi.yaml --live
  $ resource-policy plan policy.yaml spark-pi.yaml nodes.yaml --prices eci.yaml --duration 1h
  $ kubectl get nodes -o yaml | resource-policy plan - policy.yaml deployment.yaml -o json`,
    );
  return endsWithUsageCode(command).action(
    async (files: readonly string[], options: Omit<PlanSettings, 'files'>) => {
      process.exitCode = await run({ ...options, files });
    },
  );
}
