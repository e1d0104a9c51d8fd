import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { withLock } from './lock.ts';

let file: string;
beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), 'lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  file = join(dir, 'below', 'lock');
});

test('one at a time, and all get their turn', async () => {
  let inside = 0;
  let most = 0;
  const turn = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await setImmediate();
    inside -= 1;
  };
  await Promise.all([withLock(file, turn), withLock(file, turn), withLock(file, turn)]);
  expect(most).toBe(1);
  expect(existsSync(file)).toBe(false);
});

test('it is free again after work that fails', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(file, () => 'mine')).resolves.toBe('mine');
});

test('who waits is told the holder, once', async () => {
  const told: number[] = [];
  const first = Promise.withResolvers<undefined>();
  const holding = withLock(file, () => first.promise);
  const waiting = withLock(
    file,
    () => 'mine',
    (pid) => {
      told.push(pid);
      first.resolve(undefined);
    },
  );
  await Promise.all([holding, waiting]);
  expect(told).toEqual([process.pid]);
});

test.each([
  ['a dead process', { pid: 2 ** 30, startedAt: '1' }],
  ['another process with its pid', { pid: process.pid, startedAt: 'once upon a time' }],
])('a lock whose holder is %s is void', async (_case, holder) => {
  await withLock(file, () => undefined);
  writeFileSync(file, JSON.stringify(holder));
  await expect(withLock(file, () => 'mine')).resolves.toBe('mine');
});
