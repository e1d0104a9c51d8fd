import { expect, test } from 'vitest';
import { MOST_MS, tryWorlds } from './run.ts';

test(
  'nobody is evicted in vain, and whoever waits is told when it may go',
  async () => {
    await expect(tryWorlds('waiting')).resolves.toBeUndefined();
  },
  MOST_MS,
);
