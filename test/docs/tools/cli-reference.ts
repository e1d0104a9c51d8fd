/**
 * The reference of the command line: what `--help` of every command prints.
 *
 * @module
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { buildProgram } from '../../../src/cli/program.ts';
import { ROOT } from '../markdown.ts';

export const CLI_REFERENCE_FILE = join(ROOT, 'docs/cli.md');

/** Columns: wide enough for the flags of serve. */
const WIDTH = 120;

const HEAD = `# Command line

<!-- Made from src/cli by npm run reference:cli; a test compares them. -->

\`resource-policy COMMAND --help\` prints what stands here. As a kubectl plugin it is \`kubectl resource-policy COMMAND\`.

| command | for |
| ------- | --- |
`;

/** As Markdown, not yet formatted. */
export function cliReference(): string {
  const program = buildProgram();
  const rows = program.commands.map((command) => {
    const name = command.name();
    return `| [\`${name}\`](#resource-policy-${name}) | ${command.description()} |\n`;
  });
  return HEAD + rows.join('') + [program, ...program.commands].map(section).join('');
}

function section(command: Command): string {
  const title = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
  return `\n## ${title}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
}

/** With the texts that are added to it, as a terminal of {@link WIDTH} columns shows it. */
function helpOf(command: Command): string {
  let printed = '';
  command.configureHelp({ helpWidth: WIDTH });
  command.configureOutput({ writeOut: (text) => (printed += text), getOutHasColors: () => false });
  command.outputHelp();
  return printed.trimEnd();
}
