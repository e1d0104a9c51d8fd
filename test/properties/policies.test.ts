import { expect, test } from 'vitest';
import { MOST_MS, tryWorlds } from './run.ts';

test(
  'nor do policies that overlap, come, change and go',
  async () => {
    await expect(tryWorlds('policies')).resolves.toBeUndefined();
  },
  MOST_MS,
);
