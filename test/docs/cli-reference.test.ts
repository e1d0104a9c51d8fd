import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { CLI_REFERENCE_FILE, cliReference } from './tools/cli-reference.ts';

it('docs/cli.md is what the commands say (npm run reference:cli)', async () => {
  const config = await resolveConfig(CLI_REFERENCE_FILE);
  expect(readFileSync(CLI_REFERENCE_FILE, 'utf8')).toBe(
    await format(cliReference(), { ...config, parser: 'markdown' }),
  );
});
