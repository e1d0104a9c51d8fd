/**
 * Completion in fish.
 *
 * @module
 */
import type { Completed, CompletedCommand, CompletedFlag, CompletedProgram } from './completion.ts';
import { PROGRAMS } from './completion.ts';

/** A script to be sourced, or to be kept in ~/.config/fish/completions. */
export function fishScript({ flags, commands }: CompletedProgram): string {
  const [program, ...others] = PROGRAMS;
  const complete = `complete -c ${program}`;
  const first = `${complete} -n __fish_use_subcommand`;
  return [
    '# fish completion of resource-policy; made by: resource-policy completion fish',
    `${complete} -f`,
    ...flags.map((flag) => `${first} ${flagOf(flag)}`),
    ...commands.map(({ name, description }) => `${first} -a ${name} -d ${quotedForFish(description)}`),
    ...commands.flatMap((command) => linesOf(command, complete)),
    ...others.map((other) => `complete -c ${other} -w ${program}`),
    '',
  ].join('\n');
}

function linesOf({ name, flags, operands }: CompletedCommand, complete: string): readonly string[] {
  const within = `${complete} -n '__fish_seen_subcommand_from ${name}'`;
  return [
    ...(operands === 'anything' || operands.length === 0 ? [] : [`${within} ${placed(operands)}`]),
    ...flags.map((flag) => `${within} ${flagOf(flag)}`),
  ];
}

function flagOf({ names, description, value }: CompletedFlag): string {
  const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const given = value === undefined ? [] : ['-r', placed(value.of)];
  return [...spelt, ...given, '-d', quotedForFish(description)].join(' ');
}

function placed(of: Completed): string {
  if (of === 'files') return '-F';
  return of === 'anything' ? '-f' : `-f -a '${of.join(' ')}'`;
}

/** In its quotes fish knows two escapes, and those only. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
