/**
 * Things to do at their time, one after the other: what is named twice before its turn is done once. A round in which
 * everything due is done starts when the first thing is due, and never while another round is running.
 *
 * @module
 */

export interface AgendaParts {
  readonly clock: { nowMs(): number };
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Does one thing; must not reject. */
  readonly perform: (key: string) => Promise<void>;
}

export class Agenda {
  readonly #parts: AgendaParts;
  readonly #dueMs = new Map<string, number>();
  #planned: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: AgendaParts) {
    this.#parts = parts;
  }

  /** Does it at that time, on the clock's scale; nothing changes when it is due already, sooner or later. */
  add(key: string, atMs: number): void {
    if (this.#dueMs.has(key)) return;
    this.#dueMs.set(key, atMs);
    this.#planFor(atMs);
  }

  remove(key: string): void {
    this.#dueMs.delete(key);
  }

  /** Waits for the thing that is being done, does no other. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#planned?.cancel();
    await this.#running;
  }

  #planFor(atMs: number): void {
    if (this.#isStopped || this.#running !== undefined) return;
    if (this.#planned !== undefined && this.#planned.atMs <= atMs) return;
    this.#planned?.cancel();
    const cancel = this.#parts.schedule(
      () => {
        this.#planned = undefined;
        this.#running = this.#round().finally(() => {
          this.#running = undefined;
          this.#planNext();
        });
      },
      Math.max(0, atMs - this.#parts.clock.nowMs()),
    );
    this.#planned = { atMs, cancel };
  }

  #planNext(): void {
    let nextMs = Infinity;
    for (const dueMs of this.#dueMs.values()) nextMs = Math.min(nextMs, dueMs);
    if (nextMs < Infinity) this.#planFor(nextMs);
  }

  async #round(): Promise<void> {
    for (const [key, dueMs] of this.#dueMs) {
      if (this.#isStopped) return;
      if (dueMs > this.#parts.clock.nowMs()) continue;
      // Out before it is done: what is named meanwhile comes again, behind the others.
      this.#dueMs.delete(key);
      await this.#parts.perform(key);
    }
  }
}
