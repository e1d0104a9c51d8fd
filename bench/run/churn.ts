/**
 * Ends pods at a constant pace, oldest first, so that room comes back while others arrive.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

export class Churn {
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  /** @param end ends one pod, if there is one to end. */
  constructor(endsPerSecond: number, end: () => Promise<void>) {
    this.#running = this.#run(1_000 / endsPerSecond, end);
    // Until somebody asks: a rejection that nobody has looked at yet would end the process.
    this.#running.catch(() => undefined);
  }

  /** @throws what `end` threw first. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(everyMs: number, end: () => Promise<void>): Promise<void> {
    const startMs = performance.now();
    const { signal } = this.#abort;
    for (let tick = 1; !signal.aborted; tick += 1) {
      const leftMs = startMs + tick * everyMs - performance.now();
      const isDue = leftMs <= 0 || (await sleep(leftMs, true, { signal }).catch(() => false));
      if (isDue) await end();
    }
  }
}
