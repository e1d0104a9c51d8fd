/** What docs/plan.md shows is what the command prints. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const SHOWN = [
  ...readFileSync(join(ROOT, 'docs/plan.md'), 'utf8').matchAll(
    /^```text\n\$ resource-policy (plan .*)\n([^]*?)^```$/gm,
  ),
].map(([, command = '', output = '']) => ({ command, output }));

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

it('shows something', () => {
  expect(SHOWN.length).toBeGreaterThan(2);
});

it.for(SHOWN)('$command', async ({ command, output }) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  // It fails when a pod stays pending, which is no matter here.
  execFile(
    process.execPath,
    [join(ROOT, 'src/cli/main.ts'), ...command.split(' ')],
    { cwd: ROOT },
    (_error, stdout) => resolve(stdout),
  );

  expect(await promise).toBe(output);
});
