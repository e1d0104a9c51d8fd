/**
 * Timers of any length.
 *
 * @module
 */

/** Node takes a longer one for 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `run` once after the delay, or after 24 days where that is longer: whoever waits for longer looks again. The
 * returned function calls it off.
 */
export function after(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, Math.min(delayMs, LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
}
