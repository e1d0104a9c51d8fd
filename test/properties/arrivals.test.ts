import { expect, test } from 'vitest';
import { MOST_MS, tryWorlds } from './run.ts';

test(
  'nor do pods that come pinned to a unit, or wait outside of the queue; and nobody is left there',
  async () => {
    await expect(tryWorlds('arrivals')).resolves.toBeUndefined();
  },
  MOST_MS,
);
