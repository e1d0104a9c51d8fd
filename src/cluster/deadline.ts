/**
 * The time a request may take in all: waiting for its turn, connecting, retrying.
 *
 * @module
 */
import { localError } from './api-error.ts';

/** A signal that fires when the time is up or the caller gives up. {@link Deadline.clear} is owed to each. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #endsAtMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;
  readonly #onCallerAbort = (): void => {
    this.#controller.abort(
      localError('Aborted', 'the caller gave up', { definite: true, cause: this.#caller?.reason }),
    );
  };

  constructor(ms: number, caller: AbortSignal | undefined) {
    this.signal = this.#controller.signal;
    this.#endsAtMs = performance.now() + ms;
    this.#timer = setTimeout(() => {
      this.#controller.abort(localError('DeadlineExceeded', `no answer within ${ms} ms`, { definite: true }));
    }, ms);
    this.#caller = caller;
    if (caller?.aborted) this.#onCallerAbort();
    else caller?.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  /** Milliseconds left; negative when it is over. */
  get remainingMs(): number {
    return this.#endsAtMs - performance.now();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onCallerAbort);
  }
}
