/**
 * One request and its whole answer over an undici dispatcher. Written against the dispatch interface and not
 * `request()`, since only here one can tell whether a failed request had been sent at all, and since `request()`
 * notices an abort only once it has a connection. Answers may come compressed, which API servers do for large ones: a
 * list then takes less than half the time, as it is not written item by item.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';

import type { Dispatcher } from 'undici';

import type { ApiError } from './api-error.ts';
import { localError } from './api-error.ts';
import { abortReason } from './pause.ts';

/** Above any page of a list that we ask for, unpacked. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** In pieces of the default 16 kB, a page of a list takes longer to put together than to unpack. */
const LARGEST_PIECE_BYTES = 1024 * 1024;
/** So that a small answer takes no more memory than it needs; JSON is packed to about a tenth. */
const PIECE_PER_PACKED_BYTE = 8;

const unpack = promisify(gunzip);

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: no body. */
  readonly body?: string | undefined;
}

/** The failure of a request that may not leave any more. */
export function withdrawn(): ApiError {
  return localError('Withdrawn', 'it is not to be sent any more', { definite: true });
}

/** Asked just before the first byte leaves: false, and none does. */
export type MayLeave = () => boolean;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** No whole answer came. */
export class ExchangeFailed extends Error {
  /** False: not one byte of the request left us. */
  readonly sent: boolean;

  constructor(sent: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.sent = sent;
  }
}

export interface Exchange {
  /** @throws {ExchangeFailed} */
  readonly answer: Promise<Answer>;
  /** Resolves when the dispatcher is done with the request, which after an abort can be later than `answer`. */
  readonly settled: Promise<void>;
}

/** Starts an exchange. An abort ends `answer` at once; a request that was not yet sent then never is. */
export function exchange(
  dispatcher: Dispatcher,
  outgoing: Outgoing,
  { signal, mayLeave = () => true }: { signal: AbortSignal; mayLeave?: MayLeave | undefined },
): Exchange {
  const settled = Promise.withResolvers<void>();
  const handler = new AnswerCollector({ signal, mayLeave, settled: settled.resolve });
  try {
    const headers = { ...outgoing.headers, 'accept-encoding': 'gzip' };
    dispatcher.dispatch(
      { ...outgoing, headers, body: outgoing.body ?? null, headersTimeout: 0, bodyTimeout: 0 },
      handler,
    );
  } catch (error) {
    handler.fail(error);
    settled.resolve();
  }
  return { answer: handler.answer, settled: settled.promise };
}

class AnswerCollector implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: ExchangeFailed) => void;
  readonly #signal: AbortSignal;
  readonly #mayLeave: MayLeave;
  readonly #settled: () => void;
  readonly #onAbort = (): void => {
    const reason = abortReason(this.#signal);
    this.#controller?.abort(reason);
    this.fail(reason);
  };
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #isPacked = false;
  #retryAfter: string | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(parts: { signal: AbortSignal; mayLeave: MayLeave; settled: () => void }) {
    const { signal, mayLeave, settled } = parts;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#mayLeave = mayLeave;
    this.#settled = settled;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  fail(cause: unknown): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#chunks = [];
    this.#reject(new ExchangeFailed(this.#controller !== undefined, cause));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#signal.aborted) {
      controller.abort(abortReason(this.#signal));
      return;
    }
    if (!this.#mayLeave()) {
      controller.abort(withdrawn());
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#retryAfter = headers['retry-after'];
    this.#isPacked = headers['content-encoding'] === 'gzip';
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER_BYTES)
      controller.abort(new Error(`the answer exceeds ${MAX_ANSWER_BYTES} bytes`));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#settled();
    if (!this.#isPacked) this.#succeed(body);
    else
      unpack(body, { maxOutputLength: MAX_ANSWER_BYTES, chunkSize: pieceBytes(body) }).then(
        (whole) => this.#succeed(whole),
        (error: unknown) => this.fail(error),
      );
  }

  #succeed(body: Buffer): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#resolve({ status: this.#status, retryAfter: this.#retryAfter, body: body.toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
    this.#settled();
  }
}

function pieceBytes(packed: Buffer): number {
  return Math.min(constants.Z_MIN_CHUNK + packed.length * PIECE_PER_PACKED_BYTE, LARGEST_PIECE_BYTES);
}
