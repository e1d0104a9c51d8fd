/**
 * Progress of something that takes minutes, on stderr: one line rewritten every second on a terminal, a plain line
 * every 15 seconds elsewhere (a CI log).
 *
 * @module
 */
import type { WriteStream } from 'node:tty';

const terminalIntervalMs = 1_000;
const plainIntervalMs = 15_000;

/** Where progress is shown: the standard error stream, whatever it is connected to. */
export type ProgressStream = { write(text: string): unknown } & Partial<
  Pick<WriteStream, 'isTTY' | 'columns'>
>;

/** Shows `title`, how long it has taken so far, and the latest detail, until it is ended. */
export class Progress {
  readonly #title: string;
  readonly #stream: ProgressStream;
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #detail = '';

  /** Starts to show at once. */
  constructor(title: string, stream: ProgressStream = process.stderr) {
    this.#title = title;
    this.#stream = stream;
    this.#timer = setInterval(
      () => this.#show(),
      stream.isTTY === true ? terminalIntervalMs : plainIntervalMs,
    );
    this.#show();
  }

  /** What is being worked on now; shown at the next tick. */
  detail(detail: string): void {
    this.#detail = detail;
  }

  /** Shows a last line, and nothing more after it. */
  end(outcome: string): void {
    clearInterval(this.#timer);
    this.#write(`${this.#title}: ${outcome} (${formatElapsed(performance.now() - this.#startMs)})`, '\n');
  }

  #show(): void {
    const elapsed = formatElapsed(performance.now() - this.#startMs);
    const detail = this.#detail === '' ? '' : `, ${this.#detail}`;
    this.#write(`${this.#title}: ${elapsed}${detail}`, this.#stream.isTTY === true ? '' : '\n');
  }

  #write(line: string, end: string): void {
    // A line wider than the terminal would wrap, and the carriage return would rewrite only its last part.
    const shown =
      this.#stream.isTTY === true ? `\r\x1b[K${line.slice(0, (this.#stream.columns ?? 80) - 1)}` : line;
    this.#stream.write(shown + end);
  }
}

/** Whole seconds as `7 s` or `3 min 7 s`. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
