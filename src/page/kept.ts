/**
 * Answers that are kept for a second: however many ask the same, it is worked out once, and what was dear to work out is
 * kept for longer.
 *
 * @module
 */

/** Shortest time between two answers to one question, in milliseconds. */
const LEAST_MS = 1_000;
/** An answer is kept for this many times as long as it took. */
const PER_MS_TAKEN = 5;
const MOST_KEPT = 64;

export interface Kept<Answer> {
  readonly answer: Answer;
  /** When it was worked out, on the clock that was given. */
  readonly atMs: number;
}

interface Entry<Answer> {
  readonly kept: Promise<Kept<Answer>>;
  /** Until then it is given again; Infinity while it is being worked out. */
  untilMs: number;
}

export class Keeper<Answer> {
  readonly #nowMs: () => number;
  /** The ones asked for last are the last. */
  readonly #entries = new Map<string, Entry<Answer>>();

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Rejects as `workOut` does, to everybody who waits; the next one makes it try again. */
  async get(question: string, workOut: () => Promise<Answer>): Promise<Kept<Answer>> {
    const known = this.#entries.get(question);
    const isFresh = known !== undefined && this.#nowMs() < known.untilMs;
    const entry = isFresh ? known : this.#begin(workOut);
    this.#entries.delete(question);
    this.#entries.set(question, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_KEPT) break;
      this.#entries.delete(oldest);
    }
    return entry.kept;
  }

  #begin(workOut: () => Promise<Answer>): Entry<Answer> {
    const startMs = this.#nowMs();
    const work = async (): Promise<Kept<Answer>> => {
      try {
        const answer = await workOut();
        const atMs = this.#nowMs();
        entry.untilMs = Math.max(startMs + LEAST_MS, atMs + PER_MS_TAKEN * (atMs - startMs));
        return { answer, atMs };
      } catch (error) {
        entry.untilMs = -Infinity;
        throw error;
      }
    };
    const entry: Entry<Answer> = { kept: work(), untilMs: Infinity };
    return entry;
  }
}
