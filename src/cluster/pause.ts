/**
 * Waiting that ends early when nobody waits any more.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Why the signal was aborted, as an error. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Waits `ms`; resolves, and never rejects, early when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // The caller looks at its signal.
  }
}

/**
 * The promise's outcome, or the signal's reason if that comes first; the promise's later outcome is then ignored.
 *
 * @throws whatever the promise does, or the signal's reason.
 */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(abortReason(signal));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
