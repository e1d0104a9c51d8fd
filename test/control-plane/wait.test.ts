import { expect, test } from 'vitest';
import { GaveUpError, waitUntil } from './wait.ts';

test('it looks until there is something, over false, undefined and throws', async () => {
  const looks = [
    () => false as const,
    () => undefined,
    () => {
      throw new Error('not yet');
    },
    () => 'there',
  ];
  await expect(waitUntil('x', () => looks.shift()!(), { intervalMs: 1 })).resolves.toBe('there');
  expect(looks).toEqual([]);
});

test('at the deadline it says what was awaited and why it was not so', async () => {
  const cause = new Error('refused');
  const waiting = waitUntil('the server answers', () => Promise.reject(cause), {
    timeoutMs: 5,
    intervalMs: 1,
  });
  await expect(waiting).rejects.toThrow('the server answers: not so after 0.005 s');
  await expect(waiting).rejects.toMatchObject({ cause });
});

test('a condition that gives up ends the wait at once', async () => {
  let looks = 0;
  const waiting = waitUntil('x', () => {
    looks += 1;
    throw new GaveUpError('it is dead');
  });
  await expect(waiting).rejects.toThrow('it is dead');
  expect(looks).toBe(1);
});
