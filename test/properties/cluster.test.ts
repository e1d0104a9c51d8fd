import { expect, test } from 'vitest';
import { MOST_MS, tryWorlds } from './run.ts';

test(
  'nor do nodes and pods that change, and pods that others place',
  async () => {
    await expect(tryWorlds('cluster')).resolves.toBeUndefined();
  },
  MOST_MS,
);
