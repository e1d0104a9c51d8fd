/** What the documents show of commands that need no cluster is what they print. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Markdown, MARKDOWN_FILES, ROOT } from './markdown.ts';

const SHOWN = MARKDOWN_FILES.flatMap((file) =>
  new Markdown(file).transcripts(['plan', 'lint']).map((transcript) => ({ file, ...transcript })),
);

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

it('finds some', () => {
  expect(SHOWN.length).toBeGreaterThan(8);
});

it.for(SHOWN)('$file: $command', async ({ command, output }) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  // It fails when a pod stays pending or something is found, which is no matter here.
  execFile(
    process.execPath,
    [join(ROOT, 'src/cli/main.ts'), ...command.split(' ')],
    { cwd: ROOT },
    (_error, stdout, stderr) => resolve(stdout + stderr),
  );

  expect(await promise).toBe(output);
});
