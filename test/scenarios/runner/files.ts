/**
 * The scenario files.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from './format.ts';
import { parseScenario } from './format.ts';

const DIR = join(import.meta.dirname, '../files');

/**
 * All of them, by name.
 *
 * @throws {FormatError} for the first one that is not as the format wants it.
 */
export function scenarioFiles(): readonly { readonly name: string; readonly scenario: Scenario }[] {
  return readdirSync(DIR)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .map((file) => ({
      name: file.slice(0, -'.yaml'.length),
      scenario: parseScenario(file, readFileSync(join(DIR, file), 'utf8')),
    }));
}
