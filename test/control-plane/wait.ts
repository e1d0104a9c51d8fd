/**
 * Waiting for a condition with a deadline: the only way of waiting in this module and its tests.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait, and how often to look. */
export interface WaitOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Pause between two looks; default 50. */
  readonly intervalMs?: number;
}

/**
 * Looks at a condition until it yields something other than undefined or false, and returns that.
 * A throw counts as "not yet". At the deadline it throws an error that names what was awaited and carries the last
 * throw as its cause.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = 30_000, intervalMs = 50 }: WaitOptions = {},
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const seen = await condition();
      if (seen !== undefined && seen !== false) return seen;
      cause = undefined;
    } catch (error) {
      if (error instanceof GaveUpError) throw error;
      cause = error;
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(`${what}: not so after ${timeoutMs / 1000} s`, { cause });
    }
    await sleep(intervalMs);
  }
}

/** Thrown by a condition that can never become true any more; ends the wait at once. */
export class GaveUpError extends Error {
  override readonly name = 'GaveUpError';
}
