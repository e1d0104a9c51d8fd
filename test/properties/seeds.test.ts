import { expect, test } from 'vitest';
import { live } from './live.ts';
import { SEEDS } from './seeds.ts';

test.each(SEEDS)('once: $of', async ({ setting, calls }) => {
  await expect(live(setting, calls)).resolves.toBeUndefined();
});
