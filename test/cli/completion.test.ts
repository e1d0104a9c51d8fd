import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { bashScript } from '../../src/cli/completion-bash.ts';
import { fishScript } from '../../src/cli/completion-fish.ts';
import { zshScript } from '../../src/cli/completion-zsh.ts';
import { completed } from '../../src/cli/completion.ts';
import { buildProgram } from '../../src/cli/program.ts';
import type { Shell } from '../support/completing-shells.ts';
import { completions, SHELLS } from '../support/completing-shells.ts';

// Shells start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const COMMANDS = ['completion', 'explain', 'help', 'lint', 'plan', 'serve'];

/** A folder with a script for each shell, and what may be completed. */
let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'resource-policy-'));
  const program = completed(buildProgram());
  writeFileSync(join(cwd, 'script.bash'), bashScript(program));
  writeFileSync(join(cwd, 'script.zsh'), zshScript(program));
  writeFileSync(join(cwd, 'script.fish'), fishScript(program));
  writeFileSync(join(cwd, 'policy.yaml'), '');
  writeFileSync(join(cwd, 'prices.yaml'), '');
  mkdirSync(join(cwd, 'examples'));
  return () => rmSync(cwd, { recursive: true });
});

function byText(one: string | undefined, other: string | undefined): number {
  return (one ?? '') < (other ?? '') ? -1 : 1;
}

/** Sorted, as no order is promised. */
function complete(shell: Shell, typed: string, program = 'resource-policy'): readonly string[] {
  return completions(shell, { cwd, script: `./script.${shell}`, program, typed }).toSorted(byText);
}

describe.each(SHELLS)('%s completes', (shell) => {
  it('commands', () => {
    expect(complete(shell, '').filter((word) => !word.startsWith('-'))).toEqual(COMMANDS);
    expect(complete(shell, 'pl')).toEqual(['plan']);
    expect(complete(shell, 'sreve')).toEqual([]);
  });

  it('flags of the program', () => {
    expect(complete(shell, '--')).toEqual(['--help', '--version']);
  });

  it.each(COMMANDS.filter((name) => name !== 'help'))('every flag of %s that --help has', (name) => {
    const help = buildProgram()
      .commands.find((command) => command.name() === name)
      ?.helpInformation();
    const flags = [...(help ?? '').matchAll(/^ {2}(?:-\w, )?(--\S+)/gm)].map(([, flag]) => flag);

    expect(flags).toContain('--help');
    expect(complete(shell, `${name} --`).join(' ')).toBe(flags.toSorted(byText).join(' '));
  });

  it.each(['plan -o ', 'plan --output ', 'plan policy.yaml --live --output '])(
    'values after: %s',
    (typed) => {
      expect(complete(shell, typed)).toEqual(['json', 'table', 'yaml']);
    },
  );

  it('values after =', () => {
    expect(complete(shell, 'plan --output=j')).toEqual(['--output=json']);
  });

  it('true and false', () => {
    expect(complete(shell, 'serve --bind-verb ')).toEqual(['false', 'true']);
  });

  it('nothing where only the user knows, files least of all', () => {
    expect(complete(shell, 'explain --namespace p')).toEqual([]);
    expect(complete(shell, 'serve --listen ')).toEqual([]);
    expect(complete(shell, 'plan --output p')).toEqual([]);
  });

  it('files, for flags and as operands', () => {
    expect(complete(shell, 'plan --prices pr')).toEqual(['prices.yaml']);
    expect(complete(shell, 'lint p')).toEqual(['policy.yaml', 'prices.yaml']);
    expect(complete(shell, 'serve --kubeconfig ex')).toEqual([expect.stringMatching(/^examples\/?$/)]);
  });

  it('operands that are words', () => {
    expect(complete(shell, 'completion ')).toEqual(['bash', 'fish', 'zsh']);
    expect(complete(shell, 'help l')).toEqual(['lint']);
  });

  it('the plugin of kubectl, called by its own name', () => {
    expect(complete(shell, 'plan --pr', 'kubectl-resource_policy')).toEqual(['--prices']);
  });
});

it('quotes of descriptions do not end a script’s own', () => {
  const program = {
    flags: [],
    commands: [
      {
        name: 'odd',
        description: `it's "odd": [one] \\ $(touch pwned)`,
        flags: [{ names: ['--odd'], description: `it's [odd]: \`touch pwned\``, value: undefined }],
        operands: [],
      },
    ],
  };
  writeFileSync(join(cwd, 'odd.bash'), bashScript(program));
  writeFileSync(join(cwd, 'odd.zsh'), zshScript(program));
  writeFileSync(join(cwd, 'odd.fish'), fishScript(program));

  const asked = (shell: Shell, typed: string) =>
    completions(shell, { cwd, script: `./odd.${shell}`, program: 'resource-policy', typed });
  for (const shell of SHELLS) {
    expect(asked(shell, 'o')).toEqual(['odd']);
    expect(asked(shell, 'odd --')).toEqual(['--odd']);
  }
  expect(readdirSync(cwd)).not.toContain('pwned');
});
