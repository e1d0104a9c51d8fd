import { expect, test } from 'vitest';
import { MOST_MS, tryWorlds } from './run.ts';

test(
  'no race, loss, repetition or restart brings a unit over its limits, confuses the counts or leaves a pod stuck',
  async () => {
    await expect(tryWorlds('races')).resolves.toBeUndefined();
  },
  MOST_MS,
);
