/**
 * What the commands for people have in common.
 *
 * @module
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseLabels } from './values.ts';

/** Exit code for a command line that cannot be understood, and for what cannot be read or reached. */
export const UNUSABLE = 2;

/** Wrong usage ends with 2 instead of commander's 1, which these commands give another meaning. */
export function endsWithUsageCode(command: Command): Command {
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : UNUSABLE));
}

/** The same setting as of `serve`: with another label by which virtual nodes are known, units have other nodes. */
export function virtualNodeLabel(): Option {
  return new Option('--virtual-node-label <key=value>', 'label by which virtual nodes (eci, acs) are known')
    .env('RESOURCE_POLICY_VIRTUAL_NODE_LABEL')
    .argParser(parseLabels)
    .default(parseLabels('type=virtual-kubelet'), 'type=virtual-kubelet');
}
