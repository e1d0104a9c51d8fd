/**
 * The arguments of `explain`.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Labels } from '../facts/labels.ts';
import { endsWithUsageCode, virtualNodeLabel } from './options.ts';

export interface Target {
  readonly kind: 'pod' | 'policy';
  readonly name: string;
}

export interface ExplainSettings {
  readonly target: Target;
  /** Absent: that of the kubeconfig's context. */
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly output: 'table' | 'json';
  readonly virtualNodeLabel: Labels;
}

const KINDS: ReadonlyMap<string, Target['kind']> = new Map([
  ...['pod', 'pods', 'po'].map((word) => [word, 'pod'] as const),
  ...['policy', 'policies', 'resourcepolicy', 'resourcepolicies', 'rp'].map(
    (word) => [word, 'policy'] as const,
  ),
]);

/** `pod/NAME` or `policy/NAME`, also with the names that kubectl knows of the kinds. */
export function parseTarget(text: string): Target {
  const [, word = '', name = ''] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const kind = KINDS.get(word.toLowerCase());
  if (kind === undefined) throw new InvalidArgumentError(`"${text}" is not pod/NAME or policy/NAME.`);
  return { kind, name };
}

/** @param run resolves with the exit code. */
export function explainCommand(run: (settings: ExplainSettings) => Promise<number>): Command {
  const command = new Command('explain')
    .description('Say why a pod waits or is where it is, or what a policy does now.')
    .argument('<target>', 'pod/NAME or policy/NAME', parseTarget)
    .addOption(new Option('-n, --namespace <name>', "namespace; without it that of the kubeconfig's context"))
    .addOption(
      new Option(
        '--kubeconfig <file>',
        'kubeconfig; without it $KUBECONFIG, ~/.kube/config, then the in-cluster account',
      ).env('RESOURCE_POLICY_KUBECONFIG'),
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print the explanation')
        .choices(['table', 'json'])
        .default('table'),
    )
    .addOption(virtualNodeLabel())
    .addHelpText(
      'after',
      `
It lists the pods and nodes of the cluster and the policies of the namespace once, and counts and decides as the extender
does. Places held for pods just being bound are in the extender's memory and are not seen.

Exit code: 0 explained, 1 there is no such pod or policy, 2 wrong usage, or the cluster cannot be asked.

Examples:
  $ resource-policy explain pod/spark-pi-driver
  $ kubectl resource-policy explain policy/spark -n batch -o json      (as a kubectl plugin)`,
    );
  return endsWithUsageCode(command).action(
    async (target: Target, options: Omit<ExplainSettings, 'target'>) => {
      process.exitCode = await run({ ...options, target });
    },
  );
}
