/**
 * How long to wait before trying again.
 *
 * @module
 */

const FIRST_MS = 100;
const MOST_MS = 10_000;

/** Full-jitter backoff: each wait is random between 0 and a bound that doubles from 100 ms to 10 s. */
export class Backoff {
  readonly #random: () => number;
  #boundMs = FIRST_MS;

  /** @param random Uniform in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const waitMs = this.#random() * this.#boundMs;
    this.#boundMs = Math.min(MOST_MS, this.#boundMs * 2);
    return waitMs;
  }

  /** Things went well for long enough: start over. */
  reset(): void {
    this.#boundMs = FIRST_MS;
  }
}
