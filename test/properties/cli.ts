/**
 * `npm run test:properties`: the property tests, in 100,000 worlds unless told otherwise.
 *
 *     npm run test:properties -- --seed random --runs 1000000      others than every time
 *     npm run test:properties -- --theme races --seed 42 --path 17:3:1      the one world that a failure named
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { THEMES } from './themes.ts';

const RUNS = '100000';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: RUNS },
    theme: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const { theme = '', runs, seed, path } = values;
if (theme !== '' && !Object.hasOwn(THEMES, theme))
  throw new Error(`--theme is one of ${Object.keys(THEMES).join(', ')}`);
if (!(Number(runs) > 0)) throw new Error('--runs is a number of worlds');

const { status } = spawnSync('vitest', ['run', '--project', 'unit', `test/properties/${theme}`], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PROPERTY_RUNS: runs,
    ...(seed === undefined ? {} : { PROPERTY_SEED: seed }),
    ...(path === undefined ? {} : { PROPERTY_PATH: path }),
  },
});
process.exitCode = status ?? 1;
