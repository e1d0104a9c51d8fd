/**
 * Requests to the API server: bounded in time and number, over kept connections, with credentials that rotate. Knows
 * HTTP and Kubernetes' conventions (401, 429, Status), and no resource.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { errors } from 'undici';

import { ApiError, errorOfAnswer, localError } from './api-error.ts';
import { messageOf } from '../facts/message-of.ts';
import { Connections } from './connections.ts';
import type { Access } from './credentials.ts';
import { Deadline } from './deadline.ts';
import type { Answer, MayLeave, Outgoing } from './exchange.ts';
import { ExchangeFailed, exchange, withdrawn } from './exchange.ts';
import { orAborted, pause } from './pause.ts';
import { redacted } from './redact.ts';
import { Slots } from './slots.ts';

const DEFAULT_CONNECTIONS = 32;
const DEFAULT_QUEUE_LIMIT = 2_048;
const DEFAULT_DEADLINE_MS = 10_000;
/** The API server sends the headers of a watch at once. */
const STREAM_HEADERS_MS = 30_000;
/** For a 429 without Retry-After. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** Where {@link ApiClient} gets its credentials; {@link import('./credentials.ts').Credentials} is the real one. */
export interface AccessSource {
  access(): Promise<Access>;
  renew(used: Access): Promise<void>;
}

export interface ApiClientOptions {
  readonly credentials: AccessSource;
  /** Connections for requests, so also the most requests in flight. Default 32. */
  readonly connections?: number;
  /** Most requests that wait for a connection or out a 429. Default 2048; 0: none may wait. */
  readonly queueLimit?: number;
  /** Default 10 s. */
  readonly deadlineMs?: number;
}

export interface ApiRequest {
  readonly method: Outgoing['method'];
  /** API path, e.g. /api/v1/pods, each segment already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. Absent: no body. */
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  /** Default: that of the client. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Asked when the request is about to leave, which may be long after it was made. Absent: it may. */
  readonly mayLeave?: MayLeave;
  /** Is shown the text of a 2xx answer before it is parsed; what it begins is on its way by then. */
  readonly peek?: (text: string) => void;
}

export interface StreamOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest silence, in milliseconds, before the stream fails with reason Idle. */
  readonly idleMs: number;
}

/** Client of one API server. */
export class ApiClient {
  readonly #credentials: AccessSource;
  readonly #connectionCount: number;
  readonly #deadlineMs: number;
  readonly #slots: Slots;
  readonly #limit: number;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #retiring = new Set<Connections>();
  readonly #closing = new AbortController();
  #connections: Connections | undefined;

  constructor(options: ApiClientOptions) {
    this.#credentials = options.credentials;
    this.#connectionCount = options.connections ?? DEFAULT_CONNECTIONS;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#slots = new Slots(this.#connectionCount);
    this.#limit = this.#connectionCount + (options.queueLimit ?? DEFAULT_QUEUE_LIMIT);
  }

  /** Requests in flight, queued, or waiting out a 429. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * The parsed body of a 2xx answer; undefined when it is empty. A 401 is repeated once with fresh credentials, a 429
   * as often as Retry-After fits into the deadline: both promise that nothing was done. Nothing else is repeated.
   *
   * @throws {ApiError}
   */
  async request(request: ApiRequest): Promise<unknown> {
    const what = `${request.method} ${request.path}`;
    if (this.#closing.signal.aborted) throw closed(what);
    if (this.#pending.size >= this.#limit) {
      throw localError('Overloaded', `${what}: ${this.#limit} requests are already under way`, {
        definite: true,
      });
    }
    const work = this.#perform(request, what);
    this.#pending.add(work);
    try {
      return await work;
    } finally {
      this.#pending.delete(work);
    }
  }

  /**
   * The bytes of a long answer as they come, once the server has answered 200. Leaving the loop, or the signal, ends it.
   *
   * @throws {ApiError} from here, or from the iteration when the stream breaks or falls silent.
   */
  async stream(path: string, options: StreamOptions): Promise<AsyncIterable<Uint8Array>> {
    const what = `GET ${path}`;
    for (let attempt = 1; ; attempt += 1) {
      if (this.#closing.signal.aborted) throw closed(what);
      const access = await this.#access(what, options.signal);
      const answer = await this.#openStream(access, path, options);
      if (answer.statusCode === 200) return bytesOf(answer.body, what);
      const body = await orAborted(answer.body.text(), options.signal).catch(() => '');
      if (answer.statusCode !== 401 || attempt > 1) {
        throw errorOfAnswer(what, {
          status: answer.statusCode,
          retryAfter: text(answer.headers['retry-after']),
          body: redacted(body, access),
        });
      }
      await this.#renew(access, what, options.signal);
    }
  }

  /** Takes no new requests, waits for those under way (each has its deadline), breaks off the streams. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#pending);
    const all = [...this.#retiring, ...(this.#connections === undefined ? [] : [this.#connections])];
    this.#connections = undefined;
    await Promise.all(all.map((connections) => connections.destroy()));
  }

  async #perform(request: ApiRequest, what: string): Promise<unknown> {
    const deadline = new Deadline(request.deadlineMs ?? this.#deadlineMs, request.signal);
    try {
      const answer = await this.#answered(request, what, deadline);
      if (request.peek !== undefined) {
        request.peek(answer.body);
        await setImmediate();
      }
      return parsed(answer, what);
    } finally {
      deadline.clear();
    }
  }

  /** The 2xx answer. */
  async #answered(request: ApiRequest, what: string, deadline: Deadline): Promise<Answer> {
    let renewed = false;
    for (;;) {
      const access = await this.#access(what, deadline.signal);
      const answer = await this.#exchange(request, { access, what, deadline });
      if (answer.status >= 200 && answer.status < 300) return answer;
      const error = errorOfAnswer(what, { ...answer, body: redacted(answer.body, access) });
      if (error.status === 401 && !renewed) {
        renewed = true;
        await this.#renew(access, what, deadline.signal);
      } else if (error.status === 429) {
        const waitMs = error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
        if (waitMs >= deadline.remainingMs) throw error;
        await pause(waitMs, deadline.signal);
      } else {
        throw error;
      }
    }
  }

  async #exchange(
    request: ApiRequest,
    { access, what, deadline }: { access: Access; what: string; deadline: Deadline },
  ): Promise<Answer> {
    const { signal } = deadline;
    const release = await this.#slots.take(signal).catch((error: unknown) => {
      throw failed(what, error, false);
    });
    // Asked here, too: a connection that something was to be sent over and was not is of no further use.
    if (request.mayLeave?.() === false) {
      release();
      throw failed(what, withdrawn(), false);
    }
    const outgoing = outgoingOf(request, deadline);
    const headers = { ...access.headers, ...outgoing.headers };
    const path = prefixed(access, outgoing.path);
    const { answer, settled } = exchange(
      this.#connectionsFor(access).requests,
      { ...outgoing, path, headers },
      { signal, mayLeave: request.mayLeave },
    );
    // The slot is free only when undici is done: a connection attempt outlives the request that wanted it.
    void settled.then(release);
    try {
      return await answer;
    } catch (error) {
      const sent = !(error instanceof ExchangeFailed) || error.sent;
      throw failed(what, error instanceof ExchangeFailed ? error.cause : error, sent);
    }
  }

  async #openStream(access: Access, path: string, options: StreamOptions): Promise<Dispatcher.ResponseData> {
    const opening = this.#connectionsFor(access).streams.request({
      method: 'GET',
      path: prefixed(access, withQuery(path, options.query)),
      headers: { ...access.headers, ...COMMON_HEADERS },
      signal: options.signal,
      headersTimeout: Math.min(options.idleMs, STREAM_HEADERS_MS),
      bodyTimeout: options.idleMs,
    });
    try {
      return await orAborted(opening, options.signal);
    } catch (error) {
      throw failed(`GET ${path}`, error, false);
    }
  }

  #access(what: string, signal: AbortSignal): Promise<Access> {
    return this.#withCredentials(this.#credentials.access(), what, signal);
  }

  async #renew(used: Access, what: string, signal: AbortSignal): Promise<void> {
    await this.#withCredentials(this.#credentials.renew(used), what, signal);
  }

  async #withCredentials<Value>(work: Promise<Value>, what: string, signal: AbortSignal): Promise<Value> {
    try {
      return await orAborted(work, signal);
    } catch (error) {
      if (signal.aborted) throw failed(what, error, false);
      throw localError('CredentialsFailed', `${what}: ${messageOf(error)}`, { definite: true, cause: error });
    }
  }

  /** Current connections. Those of an earlier epoch finish what they have: a running watch is worth keeping. */
  #connectionsFor(access: Access): Connections {
    const current = this.#connections;
    if (current !== undefined && current.epoch >= access.epoch) return current;
    if (current !== undefined) {
      this.#retiring.add(current);
      void current.retire().finally(() => this.#retiring.delete(current));
    }
    this.#connections = new Connections(access, this.#connectionCount);
    return this.#connections;
  }
}

const COMMON_HEADERS = { accept: 'application/json', 'user-agent': 'resource-policy' };

function outgoingOf(request: ApiRequest, deadline: Deadline): Outgoing {
  // The server is told our deadline: it gives up too, instead of writing long after we stopped to wait.
  const timeout = `${Math.max(1, Math.ceil(deadline.remainingMs))}ms`;
  return {
    method: request.method,
    path: withQuery(request.path, { ...request.query, timeout }),
    headers: {
      ...COMMON_HEADERS,
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    },
    body: request.body === undefined ? undefined : JSON.stringify(request.body),
  };
}

function withQuery(path: string, query: Readonly<Record<string, string>> | undefined): string {
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}

function prefixed(access: Access, path: string): string {
  return access.server.pathname.replace(/\/+$/, '') + path;
}

function parsed(answer: Answer, what: string): unknown {
  if (answer.body === '') return undefined;
  try {
    return JSON.parse(answer.body) as unknown;
  } catch (error) {
    throw localError('BadAnswer', `${what}: answered ${answer.status} with something that is no JSON`, {
      definite: false,
      cause: error,
    });
  }
}

async function* bytesOf(body: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failed(what, error, true);
  }
}

/** @param sent Whether the server may have seen the request. */
function failed(what: string, error: unknown, sent: boolean): ApiError {
  if (error instanceof ApiError) {
    return new ApiError({
      status: error.status,
      reason: error.reason,
      message: `${what}: ${error.message}`,
      definite: !sent,
      cause: error,
    });
  }
  const silent = error instanceof errors.BodyTimeoutError || error instanceof errors.HeadersTimeoutError;
  return localError(silent ? 'Idle' : 'ConnectionFailed', `${what}: ${messageOf(error)}`, {
    definite: !sent,
    cause: error,
  });
}

function closed(what: string): ApiError {
  return localError('Closed', `${what}: the client is closed`, { definite: true });
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
