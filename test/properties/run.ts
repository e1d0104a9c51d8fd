/**
 * Tries the properties in random worlds. A world that fails is shrunk, and the report says how to replay and keep it.
 *
 * @module
 */
import * as fc from 'fast-check';
import { vi } from 'vitest';
import type { Call } from './live.ts';
import { live } from './live.ts';
import type { Setting } from './setting.ts';
import { aSetting, aSettingOfArrivals } from './setting.ts';
import type { StepName } from './steps.ts';
import type { ThemeName } from './themes.ts';
import { THEMES } from './themes.ts';

const MOST_STEPS = 60;
// A real cache allocates its whole size up front, which costs more than all else in a world of a few pods.
vi.mock('lru-cache', () => ({
  LRUCache: class extends Map<string, unknown> {
    constructor(_options: unknown) {
      super();
    }
  },
}));

/** Of all themes together. */
const DEFAULT_RUNS = 4_000;

const env = (name: string): string | undefined => process.env[`PROPERTY_${name}`];
const RUNS = Math.ceil(Number(env('RUNS') ?? DEFAULT_RUNS) / Object.keys(THEMES).length);

/** Ample for a loaded machine. */
export const MOST_MS = Math.max(120_000, RUNS * 30);

/**
 * As many worlds as PROPERTY_RUNS asks of each theme. They are the same every time, so that a run that fails says something
 * of the change that it is run for; PROPERTY_SEED `random` tries others. PROPERTY_SEED and PROPERTY_PATH replay one.
 */
export async function tryWorlds(theme: ThemeName): Promise<void> {
  const [seed, path] = [env('SEED') ?? '2', env('PATH')];
  const details = await fc.check(
    fc.asyncProperty(theme === 'arrivals' ? aSettingOfArrivals : aSetting, someCalls(theme), live),
    {
      numRuns: RUNS,
      ...(seed === 'random' ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    },
  );
  if (details.failed) throw new Error(report(theme, details), { cause: details.errorInstance });
}

function someCalls(theme: ThemeName): fc.Arbitrary<Call[]> {
  const names = Object.entries(THEMES[theme]).flatMap(([name, weight]) =>
    Array.from({ length: weight }, () => name as StepName),
  );
  const call = fc.tuple(fc.constantFrom(...names), fc.nat(7), fc.nat(31), fc.nat(31));
  return fc.array(call, { minLength: 1, maxLength: MOST_STEPS, size: 'max' });
}

function report(theme: ThemeName, details: fc.RunDetails<[Setting, readonly Call[]]>): string {
  const { numRuns, seed, counterexamplePath, counterexample } = details;
  const [setting, steps = []] = counterexample ?? [];
  return [
    `world ${numRuns} of theme ${theme} failed, shrunk to ${steps.length} steps. Replay it with`,
    `  npm run test:properties -- --theme ${theme} --seed=${seed} --path ${counterexamplePath ?? ''}`,
    'and keep it in test/properties/seeds.ts as',
    `  ${JSON.stringify({ of: 'what it is about', setting, calls: steps })}`,
  ].join('\n');
}
