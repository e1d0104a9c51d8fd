/**
 * Time that passes only when told to, and what is planned in it.
 *
 * @module
 */

interface Planned {
  readonly atMs: number;
  readonly run: () => void;
}

export class Timeline {
  #nowMs = 0;
  readonly #planned = new Set<Planned>();

  readonly nowMs = (): number => this.#nowMs;

  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule = (run: () => void, delayMs: number): (() => void) => {
    const planned = { atMs: this.#nowMs + delayMs, run };
    this.#planned.add(planned);
    return () => this.#planned.delete(planned);
  };

  /** How many things are planned. */
  get planned(): number {
    return this.#planned.size;
  }

  /** Lets time pass; what is planned happens in order, and whatever follows from it at once. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      // What follows from one thing happens before the next.
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#planned].toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#planned.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }
}
