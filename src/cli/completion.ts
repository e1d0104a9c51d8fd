/**
 * What a shell has to know to complete a command line, read off the commands themselves, so that no list of flags can
 * fall behind.
 *
 * @module
 */
import type { Argument, Command, Option } from 'commander';

/** What may stand in a place: one of some words, the name of a file, or what no shell can know. */
export type Completed = readonly string[] | 'files' | 'anything';

export interface CompletedFlag {
  /** E.g. `--output`, then `-o`. */
  readonly names: readonly string[];
  readonly description: string;
  /** E.g. `format`, and what may follow; undefined: the flag has no value. */
  readonly value: { readonly name: string; readonly of: Completed } | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly CompletedFlag[];
  /** What stands after the flags; empty: nothing. */
  readonly operands: Completed;
}

export interface CompletedProgram {
  readonly flags: readonly CompletedFlag[];
  readonly commands: readonly CompletedCommand[];
}

/** Names under which it is called: by itself, and by kubectl. */
export const PROGRAMS = ['resource-policy', 'kubectl-resource_policy'] as const;

export function completed(program: Command): CompletedProgram {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  return {
    flags: flagsOf(program),
    commands: commands.map((command) => ({
      name: command.name(),
      description: sentence(command.description()),
      flags: flagsOf(command),
      operands: command.name() === 'help' ? names : operandsOf(command.registeredArguments),
    })),
  };
}

function flagsOf(command: Command): readonly CompletedFlag[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.long, option.short].filter((name) => name !== undefined),
      description: sentence(option.description),
      value: valueOf(option),
    }));
}

function valueOf({ flags, argChoices }: Option): CompletedFlag['value'] {
  const name = /<(.+)>$/.exec(flags)?.[1];
  return name === undefined ? undefined : { name, of: argChoices ?? placed(name) };
}

function operandsOf([operand]: readonly Argument[]): Completed {
  return operand === undefined ? [] : (operand.argChoices ?? placed(operand.name()));
}

/** By the name that the place has in --help. */
function placed(name: string): Completed {
  if (name === 'boolean') return ['true', 'false'];
  return name === 'file' ? 'files' : 'anything';
}

/** Shells show it in one line, after the word: what comes first, without what is said of it. */
function sentence(description: string): string {
  return description.replace(/(; .*|\.)$/s, '');
}

/** A word that a POSIX shell takes as it is. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
