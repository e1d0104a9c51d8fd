import { beforeEach, describe, expect, it, vi } from 'vitest';
import { after } from '../../src/cli/after.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => void vi.useRealTimers();
});

describe('after', () => {
  it('calls once, when it is time', () => {
    const run = vi.fn<() => void>();
    after(run, 1_000);

    vi.advanceTimersByTime(999);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(run).toHaveBeenCalledOnce();
  });

  it('does not call when it was called off', () => {
    const run = vi.fn<() => void>();
    const cancel = after(run, 1_000);

    cancel();
    vi.advanceTimersByTime(60_000);
    expect(run).not.toHaveBeenCalled();
  });

  it.for([2 ** 31, 1e15, Infinity])('does not call at once what is %d ms away', (delayMs) => {
    const run = vi.fn<() => void>();
    after(run, delayMs);

    vi.advanceTimersByTime(24 * 24 * 3_600_000);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(run).toHaveBeenCalledOnce();
  });
});
