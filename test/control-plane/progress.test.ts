import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formatElapsed, Progress } from './progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('in a pipe: a line at once, every 15 seconds and at the end', () => {
  const written: string[] = [];
  const progress = new Progress('building', { write: (text) => written.push(text) });
  progress.detail('3 packages');
  vi.advanceTimersByTime(31_000);
  progress.end('done');
  vi.advanceTimersByTime(60_000);
  expect(written).toEqual([
    'building: 0 s\n',
    'building: 15 s, 3 packages\n',
    'building: 30 s, 3 packages\n',
    'building: done (31 s)\n',
  ]);
});

test('on a terminal: one line that is rewritten every second and never wider than the terminal', () => {
  const written: string[] = [];
  const progress = new Progress('building', {
    isTTY: true,
    columns: 20,
    write: (text) => written.push(text),
  });
  progress.detail('a detail that does not fit');
  vi.advanceTimersByTime(1_000);
  progress.end('ok');
  expect(written).toEqual([
    '\r\x1b[Kbuilding: 0 s',
    '\r\x1b[Kbuilding: 1 s, a de',
    '\r\x1b[Kbuilding: ok (1 s)\n',
  ]);
});

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min 0 s'],
  [3_725_000, '62 min 5 s'],
])('%d ms are %s', (elapsedMs, want) => {
  expect(formatElapsed(elapsedMs)).toBe(want);
});
