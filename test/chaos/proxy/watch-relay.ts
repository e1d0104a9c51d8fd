/**
 * One watch on its way through a gate, line by line.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

export class WatchRelay {
  readonly #upstream: IncomingMessage;
  readonly #response: ServerResponse;
  #held: Buffer[] | undefined;
  /** The next line is to be the last, and to end in its middle. */
  #cut: 'broken' | 'in-order' | undefined;

  constructor(upstream: IncomingMessage, response: ServerResponse) {
    this.#upstream = upstream;
    this.#response = response;
    const { 'transfer-encoding': _coding, connection: _hop, ...headers } = upstream.headers;
    response.writeHead(200, headers);
    response.flushHeaders();
    upstream.on('data', (bytes: Buffer) => this.#pass(bytes));
    upstream.on('end', () => this.end());
    upstream.on('error', () => this.break());
  }

  /** Ends it as the API server does after some minutes. */
  end(): void {
    this.release();
    this.#response.end();
    this.#upstream.destroy();
  }

  /** The connection breaks. */
  break(): void {
    this.#response.destroy();
    this.#upstream.destroy();
  }

  /** The next event arrives in part, and then the connection breaks, or the stream ends as if that were all. */
  cutMidLine(how: 'broken' | 'in-order'): void {
    this.#cut = how;
  }

  /** Holds events back until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const bytes of held ?? []) this.#write(bytes);
  }

  /** Says that the resource version is too old, as after a compaction, and ends. */
  expire(): void {
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 };
    this.#write(Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`));
    this.end();
  }

  #pass(bytes: Buffer): void {
    if (this.#cut !== undefined) this.#cutIn(bytes, this.#cut);
    else if (this.#held === undefined) this.#write(bytes);
    else this.#held.push(bytes);
  }

  #cutIn(bytes: Buffer, how: 'broken' | 'in-order'): void {
    const part = bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2)));
    this.#upstream.destroy();
    this.#response.write(part, () => {
      if (how === 'broken') this.#response.destroy();
      else this.#response.end();
    });
  }

  #write(bytes: Buffer): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(bytes);
  }
}
