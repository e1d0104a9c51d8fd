/**
 * Writes docs/metrics.md: `npm run reference:metrics`.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { reference, REFERENCE_FILE } from './reference.ts';

writeFileSync(
  REFERENCE_FILE,
  await format(reference(), { ...(await resolveConfig(REFERENCE_FILE)), parser: 'markdown' }),
);
