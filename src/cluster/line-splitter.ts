/**
 * Bytes of a watch, in whatever pieces they come, → lines.
 *
 * @module
 */

/** etcd takes objects of 1.5 MB; the rest is slack for managedFields and configured larger limits. */
const DEFAULT_MAX_LINE_BYTES = 32 * 1024 * 1024;

const NEWLINE = 0x0a;

/** A line exceeds the limit: the stream is not what it should be. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/** Holds at most one unfinished line. Splits before decoding, so a character cut in two by a chunk stays whole. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxLineBytes: number = DEFAULT_MAX_LINE_BYTES) {
    this.#maxBytes = maxLineBytes;
  }

  /**
   * The lines that this chunk completes, without their newline, empty ones left out.
   *
   * @throws {LineTooLong}
   */
  *push(chunk: Uint8Array): Generator<string, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      const line = this.#take();
      if (line !== '') yield line;
    }
    this.#keep(chunk.subarray(start));
  }

  /** Bytes of the unfinished line. */
  get heldBytes(): number {
    return this.#bytes;
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) throw new LineTooLong(`a line exceeds ${this.#maxBytes} bytes`);
    this.#parts.push(part);
  }

  #take(): string {
    const [only] = this.#parts;
    const whole = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8');
  }
}
