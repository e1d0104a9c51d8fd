/**
 * `resource-policy completion`: prints a script that makes a shell complete commands, flags and their values.
 *
 * @module
 */
import { Argument, Command } from 'commander';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import type { CompletedProgram } from './completion.ts';
import { completed } from './completion.ts';
import { zshScript } from './completion-zsh.ts';
import { endsWithUsageCode } from './options.ts';

const SCRIPTS: Readonly<Record<string, (program: CompletedProgram) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function completionCommand(): Command {
  const command = new Command('completion')
    .description('Print a script that makes a shell complete commands, flags and their values.')
    .addArgument(new Argument('<shell>', 'for which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Exit code: 0 printed, 2 wrong usage.

Examples:
  $ source <(resource-policy completion bash)      in ~/.bashrc
  $ source <(resource-policy completion zsh)       in ~/.zshrc, after compinit
  $ resource-policy completion fish > ~/.config/fish/completions/resource-policy.fish`,
    );
  return endsWithUsageCode(command).action((shell: string) => {
    process.stdout.write(SCRIPTS[shell]?.(completed(command.parent ?? command)) ?? '');
  });
}
