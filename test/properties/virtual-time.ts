/**
 * Time that moves only when told to.
 *
 * @module
 */

const TICK_MS = 0.000_001;

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualTime {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  /** Never the same twice, like a clock of nanoseconds. */
  readonly nowMs = (): number => (this.#nowMs += TICK_MS);

  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly after = (run: () => void, delayMs: number): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  /** When the next timer is due; Infinity when none is set. */
  nextMs(): number {
    let nextMs = Infinity;
    for (const { atMs } of this.#timers) nextMs = Math.min(nextMs, atMs);
    return nextMs;
  }

  /** Moves on and runs what is due on the way, in order. @returns whether anything was. */
  advance(ms: number): boolean {
    const untilMs = this.nowMs() + ms;
    let hasRun = false;
    for (let nextMs = this.nextMs(); nextMs <= untilMs; nextMs = this.nextMs()) {
      const [timer] = [...this.#timers].filter(({ atMs }) => atMs === nextMs);
      if (timer === undefined) break;
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.nowMs(), nextMs);
      timer.run();
      hasRun = true;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return hasRun;
  }

  /** Calls all timers off. */
  clear(): void {
    this.#timers.clear();
  }
}
