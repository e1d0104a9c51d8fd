import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { reference, REFERENCE_FILE } from './tools/reference.ts';

it('docs/metrics.md is what the metrics say (npm run reference:metrics)', async () => {
  const config = await resolveConfig(REFERENCE_FILE);
  expect(readFileSync(REFERENCE_FILE, 'utf8')).toBe(
    await format(reference(), { ...config, parser: 'markdown' }),
  );
});
