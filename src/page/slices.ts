/**
 * Long work in short slices: the process that shows the page also decides, and a decision must not wait for a view. Works
 * on one task at a time, so that however many people look, the share of the time that goes into the page stays the same.
 *
 * @module
 */

/** Yields after each bit of work, of some microseconds; returns what it worked out. */
export type Task<Result> = Generator<undefined, Result, void>;

export interface SlicesParts {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** Longest time without a pause, in milliseconds, but for the last bit of work. */
const SLICE_MS = 2;
/** So at most a fifth of the time is spent on tasks. */
const PAUSE_MS = 8;

export class Slices {
  readonly #parts: SlicesParts;
  #last: Promise<unknown> = Promise.resolve();
  /** Since the last pause. */
  #spentMs = 0;

  constructor(parts: SlicesParts) {
    this.#parts = parts;
  }

  /** Resolves with the result, after the tasks before it; rejects with what it throws. */
  async run<Result>(task: Task<Result>): Promise<Result> {
    const result = this.#last.then(() => this.#work(task));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #work<Result>(task: Task<Result>): Promise<Result> {
    for (;;) {
      if (this.#spentMs >= SLICE_MS) {
        await this.#parts.pause(PAUSE_MS);
        this.#spentMs = 0;
      }
      const last = this.#slice(task);
      if (last.done === true) return last.value;
    }
  }

  /** Works until the slice is over, or the task. */
  #slice<Result>(task: Task<Result>): IteratorResult<undefined, Result> {
    const { nowMs } = this.#parts;
    const [startMs, spentMs] = [nowMs(), this.#spentMs];
    try {
      for (;;) {
        const step = task.next();
        this.#spentMs = spentMs + nowMs() - startMs;
        if (step.done === true || this.#spentMs >= SLICE_MS) return step;
      }
    } finally {
      this.#spentMs = spentMs + nowMs() - startMs;
    }
  }
}
