/**
 * At most N at a time, first come first served.
 *
 * @module
 */
import { abortReason } from './pause.ts';

/** Gives back a slot; calling it again does nothing. */
export type Release = () => void;

/** A counting semaphore whose waiters can leave. The caller bounds their number. */
export class Slots {
  #free: number;
  readonly #waiters = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Takes a slot, waiting for one if need be.
   *
   * @throws the signal's reason when it is aborted first.
   */
  async take(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#giveBack();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(enter);
        reject(abortReason(signal));
      };
      const enter = (): void => {
        this.#waiters.delete(enter);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiters.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** A slot goes straight to the next waiter, so that nobody who comes in between can overtake. */
  #giveBack(): void {
    const [next] = this.#waiters;
    if (next === undefined) this.#free += 1;
    else next();
  }
}
