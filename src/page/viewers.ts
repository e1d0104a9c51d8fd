/**
 * How many look at once: each page that is open asks every second, and says which one it is.
 *
 * @module
 */

/** Most pages that are answered at a time. */
export const MOST_VIEWERS = 32;
/** A page that has not asked for this long is closed, or hidden. */
const GONE_MS = 10_000;

export class Viewers {
  readonly #nowMs: () => number;
  /** When each last asked, the longest ago first. */
  readonly #seenMs = new Map<string, number>();

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether there is room for this one; from now on, or still. */
  admits(viewer: string): boolean {
    const nowMs = this.#nowMs();
    for (const [other, seenMs] of this.#seenMs) {
      if (nowMs - seenMs < GONE_MS) break;
      this.#seenMs.delete(other);
    }
    if (!this.#seenMs.delete(viewer) && this.#seenMs.size >= MOST_VIEWERS) return false;
    this.#seenMs.set(viewer, nowMs);
    return true;
  }
}
