import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portPicker } from './ports.ts';

test('ports differ from each other and from the taken ones, and can be listened on', async () => {
  // All but a few of the range are taken, so that a picker that ignored them would be caught.
  const left = new Set([20_001, 20_002, 20_003, 20_004, 20_005, 20_006, 20_007, 20_008]);
  const taken = Array.from({ length: 65_536 }, (_, port) => port).filter((port) => !left.has(port));
  const busy = createServer().listen(20_004, '127.0.0.1');
  onTestFinished(() => void busy.close());
  await once(busy, 'listening');

  const pick = portPicker(taken);
  const picked = [await pick(), await pick(), await pick()];

  expect(new Set(picked).size).toBe(3);
  for (const port of picked) {
    expect(left).toContain(port);
    expect(port).not.toBe(20_004);
  }
});
