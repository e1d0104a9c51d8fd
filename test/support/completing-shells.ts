/**
 * Real shells, asked to complete a line: each sources a script, is typed to, and inserts every completion it has.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export interface Line {
  /** What the shell runs in. */
  readonly cwd: string;
  /** A file that the shell sources. */
  readonly script: string;
  /** E.g. `resource-policy`. */
  readonly program: string;
  /** What is typed after the program's name; ending with a space, a new word begins. */
  readonly typed: string;
}

export type Shell = 'bash' | 'fish' | 'zsh';

/** Those of this machine; bash is everywhere. */
export const SHELLS: readonly Shell[] = (['bash', 'fish', 'zsh'] as const).filter(
  (shell) => shell === 'bash' || isOnPath(shell),
);

/** The words that may stand where the line ends, in the shell's order. */
export function completions(shell: Shell, line: Line): readonly string[] {
  return ask[shell](line);
}

const ask: Readonly<Record<Shell, (line: Line) => readonly string[]>> = {
  // The readline of an interactive bash inserts all with meta-*; the line then runs a program that prints its words.
  bash: ({ cwd, script, program, typed }) => {
    const input = `source ${script}\n${printing(program)}\n${program} ${typed}\u001B*\n`;
    return inserted(run('bash', ['--norc', '-i'], cwd, input), typed);
  },
  // The same in zsh, whose line editor wants a terminal.
  zsh: ({ cwd, script, program, typed }) => {
    const setUp = [
      'PS1=',
      'autoload -Uz compinit',
      'compinit -u -d ./completions.dump',
      `source ${script}`,
      'zle -C every-match complete-word _generic',
      "zstyle ':completion:every-match:*' completer _all_matches _complete",
      "zstyle ':completion:every-match:*' insert true",
      "bindkey '^Xa' every-match",
      printing(program),
      // Not what the terminal echoes.
      "print rea''dy",
    ].join('; ');
    const input = `
      zmodload zsh/zpty
      zpty shell 'zsh -f -i'
      zpty -w shell ${quoted(setUp)}
      zpty -r -m shell output '*ready*'
      zpty -w shell ${quoted(`${program} ${typed}`)}$'\\x18a'
      zpty -r -m shell output '*word end*'
      print -r -- "$output"
      zpty -d shell`;
    return inserted(run('zsh', ['-f'], cwd, input), typed);
  },
  // fish says it of itself, each with a description after a tab.
  fish: ({ cwd, script, program, typed }) => {
    const command = `source ${script}; complete -C ${quoted(`${program} ${typed}`)}`;
    return lines(run('fish', ['--no-config', '-c', command], cwd, '')).map((line) =>
      line.replace(/\t.*/, ''),
    );
  },
};

function run(shell: Shell, args: readonly string[], cwd: string, input: string): string {
  const { stdout, error } = spawnSync(shell, args, { cwd, input, encoding: 'utf8', timeout: 30_000 });
  if (error !== undefined) throw error;
  return stdout;
}

/** In both bash and zsh. */
function printing(program: string): string {
  return `${program}() { printf 'word %s\\n' "$@" end; }`;
}

/** What is new among the words that were printed: the last word that was typed stays when nothing completes it. */
function inserted(output: string, typed: string): readonly string[] {
  const words = lines(output).flatMap((line) => /^word (.*)$/.exec(line)?.slice(1) ?? []);
  const before = typed.split(' ');
  return words.slice(before.length - 1, -1).filter((word) => word !== before.at(-1));
}

function lines(output: string): readonly string[] {
  return output.split(/\r?\n/).filter((line) => line !== '');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
