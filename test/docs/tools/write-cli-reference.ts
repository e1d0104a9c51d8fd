/**
 * Writes docs/cli.md: `npm run reference:cli`.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { CLI_REFERENCE_FILE, cliReference } from './cli-reference.ts';

writeFileSync(
  CLI_REFERENCE_FILE,
  await format(cliReference(), { ...(await resolveConfig(CLI_REFERENCE_FILE)), parser: 'markdown' }),
);
