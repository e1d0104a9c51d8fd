/**
 * A live, pruned view of one resource: list, then watch, for ever, whatever breaks. It holds what `parse` keeps of
 * each object and nothing else.
 *
 * The life of a ListWatch, drawn once:
 *
 *     idle ──start──▶ listing ───────────last page──────────▶ watching ──stop──▶ stopped
 *                      ▲  │                                     │  │
 *                      │  └ anything breaks: wait, from scratch │  └── connection ends: wait, watch from where we were
 *                      └─── 410, a broken line, a handler threw ┘
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import { messageOf } from '../facts/message-of.ts';
import type { ApiRequest, StreamOptions } from './api-client.ts';
import { Backoff } from './backoff.ts';
import { LineSplitter, LineTooLong } from './line-splitter.ts';
import type { Handler, Listed } from './mirror.ts';
import { HandlerFailed, Mirror, Unparseable } from './mirror.ts';
import { orAborted, pause } from './pause.ts';
import type { ListPage, WatchEvent } from './watch-event.ts';
import { BadData, identityOf, parseListPage, parseWatchEvent, peekContinueToken } from './watch-event.ts';

/** Some 20 ms of work: others are answered between two pages. */
const PAGE_SIZE = 250;
/**
 * Until the first sync nobody is answered, and each page costs a round trip to a server that may be busy. Not after a
 * failure: such a page may have been too much.
 */
const FIRST_PAGE_SIZE = 1_000;
/** Of a server that is gone without a word this is what is noticed first. */
const PAGE_DEADLINE_MS = 30_000;
/** The API server sends a bookmark about every 60 s: a shorter limit ends healthy quiet watches. */
const DEFAULT_IDLE_MS = 80_000;
/** A first page that has waited for longer is read again: what is listed shall be of now. */
const MOST_KEPT_MS = 5_000;
/** A watch that lived this long was healthy. As long as the longest backoff, so that relists stay that far apart. */
const HEALTHY_MS = 10_000;
/** After so many 5xx or ERROR events in a row, without an event between them, list anew. */
const MOST_SERVER_ERRORS = 5;
/** A server that asks for more would silence us for longer than an operator expects. */
const MOST_RETRY_AFTER_MS = 60_000;

/**
 * Why a connection was left.
 * - `ended`: by the server, in order, as each is after some minutes
 * - `idle`: silent for longer than the idle limit, or no answer to a list for half a minute
 * - `connection`: refused or broken
 * - `unauthorized` 401, `forbidden` 403, `not-found` 404 (the CRD is not installed), `throttled` 429
 * - `server-error`: 5xx, or an ERROR event; five in a row relist
 * - `rejected`: another 4xx
 * - `expired`: 410; `bad-data`: a broken line or page; `handler-failed`. These three relist
 * - `internal`: an error of ours, relists
 */
export type RestartReason =
  | 'ended'
  | 'idle'
  | 'connection'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'throttled'
  | 'server-error'
  | 'rejected'
  | 'expired'
  | 'bad-data'
  | 'handler-failed'
  | 'internal';

/** Hooks for metrics and logs. All optional; what they throw is ignored. */
export interface ListWatchObserver {
  /** A connection was left and will be made again. Each failure comes here once, whatever else is called for it. */
  restarted?(reason: RestartReason, message: string): void;
  /** A list from scratch begins again, because of `reason`. Not called for the first. */
  relisted?(reason: RestartReason): void;
  /** The handler threw `error`. */
  handlerFailed?(error: unknown): void;
  /** An object was skipped since `parse` threw; `message` names it. */
  parseFailed?(message: string): void;
}

/** What is needed of {@link import('./api-client.ts').ApiClient}. */
export interface ListWatchClient {
  request(request: ApiRequest): Promise<unknown>;
  stream(path: string, options: StreamOptions): Promise<AsyncIterable<Uint8Array>>;
}

/** Time and chance; tests bring their own. */
export interface Pace {
  /** Monotonic milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`, or early when the signal is aborted; never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export interface ListWatchOptions<Item extends Listed> {
  /** What the items are, e.g. `pods`: for messages and metrics. */
  readonly name: string;
  /** Path of the collection, e.g. /api/v1/pods. */
  readonly path: string;
  /** Keeps what matters of an object; may throw for one that is unusable, which is then skipped. */
  readonly parse: (object: unknown) => Item;
  readonly handler: Handler<Item>;
  /**
   * Resolves when the handler can take in a list; the list is asked for meanwhile. When it rejects, it is asked again later.
   * Absent: it always can.
   */
  readonly after?: (() => Promise<unknown>) | undefined;
  readonly client: ListWatchClient;
  readonly observer?: ListWatchObserver;
  readonly pace?: Pace;
  /** Longest silence on a watch, milliseconds. Default 80 s; below about 75 s healthy quiet watches are cut. */
  readonly idleMs?: number;
}

/** A page that was asked for. */
interface Asked {
  readonly page: Promise<ListPage>;
  /** Its continue token, which is known before the page is parsed. */
  readonly continueToken: Promise<string>;
}

interface FirstPage {
  readonly asked: Asked;
  /** The list is of this time or later. */
  readonly askedMs: number;
  readonly receivedMs: number;
}

const REAL_PACE: Pace = { now: () => performance.now(), random: Math.random, pause };

interface Ending {
  readonly reason: RestartReason;
  readonly message: string;
  readonly retryAfterMs: number;
}

const RELISTING: ReadonlySet<RestartReason> = new Set([
  'expired',
  'bad-data',
  'handler-failed',
  'rejected',
  'internal',
]);

/** List and watch of one resource. */
export class ListWatch<Item extends Listed> {
  readonly name: string;
  readonly #options: ListWatchOptions<Item>;
  readonly #idleMs: number;
  readonly #mirror: Mirror<Item>;
  readonly #pace: Pace;
  readonly #backoff: Backoff;
  readonly #controller = new AbortController();
  readonly #waiters = new Set<{ resolve: () => void; reject: (error: Error) => void }>();
  #running: Promise<void> | undefined;
  #synced = false;
  #hasFailed = false;
  #lastHeardMs = -Infinity;
  #currentAtMs = -Infinity;
  /** All that happened before this connection has been told: a list or a bookmark came over it. */
  #isCaughtUp = false;
  /** Where to watch from; undefined: nowhere, a list is needed. */
  #resourceVersion: string | undefined;
  /** Since when the view follows the server over the current connection; undefined: it does not. */
  #followingSinceMs: number | undefined;
  /** In a row, without an event between them. */
  #serverErrors = 0;
  /** Why the next list is not the first. */
  #relistReason: RestartReason | undefined;

  constructor(options: ListWatchOptions<Item>) {
    this.name = options.name;
    this.#options = options;
    this.#idleMs = options.idleMs ?? DEFAULT_IDLE_MS;
    this.#mirror = new Mirror(options.handler);
    this.#pace = options.pace ?? REAL_PACE;
    this.#backoff = new Backoff(() => this.#pace.random());
  }

  /** Whether everything has been delivered once, and a watch goes on from there. Stays true; see {@link lastHeardMs} for freshness. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Whether everything is on its way for the first time, and nothing has gone wrong so far. */
  get isStarting(): boolean {
    return !this.#synced && !this.#hasFailed;
  }

  /**
   * Monotonic milliseconds at which the view last was that of the server: event or bookmark of a watch, or an accepted
   * watch. Stands still while there is no connection or a relist is under way; -Infinity before
   * the first sync.
   */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /**
   * Monotonic milliseconds up to which nothing is missing: what happened before, less the delay of a watch, has been
   * told. Other than {@link lastHeardMs} it stands still after a reconnection until the first bookmark, up to 60 s:
   * only then is it sure that all that happened in between has arrived. To conclude something from the absence of an
   * event, ask this; -Infinity before the first sync.
   */
  get currentAtMs(): number {
    return this.#currentAtMs;
  }

  /** Whether a watch is connected and no relist is under way. */
  get following(): boolean {
    return this.#followingSinceMs !== undefined;
  }

  get size(): number {
    return this.#mirror.size;
  }

  get(uid: string): Item | undefined {
    return this.#mirror.get(uid);
  }

  /** @param namespace Empty for objects that have none. */
  getByName(namespace: string, name: string): Item | undefined {
    return this.#mirror.getByName(namespace, name);
  }

  /** All items; not to be kept across an await. */
  items(): IterableIterator<Item> {
    return this.#mirror.items();
  }

  /** Starts; again: does nothing. A stopped one stays stopped. */
  start(): void {
    if (this.#controller.signal.aborted) return;
    this.#running ??= this.#run(this.#controller.signal);
  }

  /** Resolves when the loop has ended; no handler is called after this call. */
  async stop(): Promise<void> {
    this.#controller.abort();
    for (const waiter of this.#waiters) waiter.reject(this.#stoppedError());
    this.#waiters.clear();
    await this.#running;
  }

  /**
   * Resolves at the first sync.
   *
   * @throws {Error} when it is stopped before.
   */
  async whenSynced(): Promise<void> {
    if (this.#synced) return;
    if (this.#controller.signal.aborted) throw this.#stoppedError();
    await new Promise<void>((resolve, reject) => this.#waiters.add({ resolve, reject }));
  }

  async #run(signal: AbortSignal): Promise<void> {
    do {
      const ending = await this.#connectOnce(signal);
      this.#hasFailed = true;
      const followedMs = this.#followingSinceMs === undefined ? 0 : this.#pace.now() - this.#followingSinceMs;
      this.#followingSinceMs = undefined;
      if (this.#isStopped()) return;
      if (this.#mustRelist(ending.reason)) this.#resourceVersion = undefined;
      if (this.#resourceVersion === undefined) this.#relistReason = ending.reason;
      if (followedMs >= HEALTHY_MS) this.#backoff.reset();
      this.#observe((observer) => observer.restarted?.(ending.reason, ending.message));
      await this.#pace.pause(Math.max(this.#backoff.next(), ending.retryAfterMs), signal);
    } while (!this.#isStopped());
  }

  #isStopped(): boolean {
    return this.#controller.signal.aborted;
  }

  /** A server that again and again fails to watch from where we are may never succeed, as after a restored backup. */
  #mustRelist(reason: RestartReason): boolean {
    this.#serverErrors = reason === 'server-error' ? this.#serverErrors + 1 : 0;
    return RELISTING.has(reason) || this.#serverErrors >= MOST_SERVER_ERRORS;
  }

  /** One connection from start to end. Never throws. */
  async #connectOnce(signal: AbortSignal): Promise<Ending> {
    try {
      if (this.#resourceVersion === undefined) await this.#fromScratch(signal);
      else await this.#watchFrom(this.#resourceVersion, signal);
      return { reason: 'ended', message: 'the server ended the watch', retryAfterMs: 0 };
    } catch (error) {
      if (error instanceof HandlerFailed) this.#observe((observer) => observer.handlerFailed?.(error.cause));
      return endingOf(error);
    }
  }

  async #fromScratch(signal: AbortSignal): Promise<void> {
    const reason = this.#relistReason;
    if (reason !== undefined) this.#observe((observer) => observer.relisted?.(reason));
    this.#mirror.beginRelist();
    const { resourceVersion, askedMs } = await this.#list(signal);
    this.#mirror.finishRelist();
    this.#resourceVersion = resourceVersion;
    this.#relistReason = undefined;
    this.#currentAtMs = askedMs;
    await this.#watchFrom(resourceVersion, signal);
  }

  /** All pages of one state of the cluster, which was the newest when the first was asked for. */
  async #list(stopped: AbortSignal): Promise<{ resourceVersion: string; askedMs: number }> {
    const ended = new AbortController();
    const signal = AbortSignal.any([stopped, ended.signal]);
    try {
      let { asked, askedMs } = await this.#firstPage(signal);
      for (;;) {
        const continueToken = await asked.continueToken;
        // The server makes the next page while this one is parsed and taken in.
        const next = continueToken === '' ? undefined : this.#ask(continueToken, signal);
        const page = await asked.page;
        // Lets the request out when the page was there already.
        await setImmediate();
        for (const object of page.items) {
          signal.throwIfAborted();
          this.#present({ kind: 'present', identity: identityOf(object), object });
        }
        signal.throwIfAborted();
        if (next === undefined) return { resourceVersion: page.resourceVersion, askedMs };
        asked = next;
      }
    } finally {
      ended.abort();
    }
  }

  async #firstPage(signal: AbortSignal): Promise<FirstPage> {
    const early = this.#askFirst(signal);
    early.catch(() => undefined);
    await orAborted(Promise.resolve(this.#options.after?.()), signal);
    const first = await early;
    return this.#pace.now() - first.receivedMs > MOST_KEPT_MS ? this.#askFirst(signal) : first;
  }

  async #askFirst(signal: AbortSignal): Promise<FirstPage> {
    const askedMs = this.#pace.now();
    const asked = this.#ask('', signal);
    await asked.page;
    return { asked, askedMs, receivedMs: this.#pace.now() };
  }

  #ask(continueToken: string, signal: AbortSignal): Asked {
    const token = Promise.withResolvers<string>();
    const page = this.#page(continueToken, signal, (text) => {
      const peeked = peekContinueToken(text);
      if (peeked !== undefined) token.resolve(peeked);
    });
    page.then((read) => token.resolve(read.continueToken), token.reject);
    // Whoever lists waits for both, or has given up.
    token.promise.catch(() => undefined);
    return { page, continueToken: token.promise };
  }

  async #page(continueToken: string, signal: AbortSignal, peek: (text: string) => void): Promise<ListPage> {
    const body = await this.#options.client.request({
      method: 'GET',
      path: this.#options.path,
      query: {
        limit: String(this.isStarting ? FIRST_PAGE_SIZE : PAGE_SIZE),
        ...(continueToken === '' ? {} : { continue: continueToken }),
      },
      deadlineMs: Math.min(this.#idleMs, PAGE_DEADLINE_MS),
      signal,
      peek,
    });
    return parseListPage(body);
  }

  async #watchFrom(resourceVersion: string, signal: AbortSignal): Promise<void> {
    // The server would choose 30–60 min; ours bounds how long an undetected flaw of one connection can last.
    const timeoutSeconds = String(300 + Math.floor(this.#pace.random() * 301));
    const bytes = await this.#options.client.stream(this.#options.path, {
      query: { watch: '1', allowWatchBookmarks: 'true', timeoutSeconds, resourceVersion },
      signal,
      idleMs: this.#idleMs,
    });
    this.#isCaughtUp = false;
    this.#followingSinceMs = this.#pace.now();
    this.#heard();
    this.#synced = true;
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters.clear();
    await this.#consume(bytes, signal);
  }

  /** Returns when the stream ends. An unfinished last line is dropped: its event comes again from where we are. */
  async #consume(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const lines = new LineSplitter();
    for await (const chunk of bytes) {
      for (const line of lines.push(chunk)) {
        signal.throwIfAborted();
        this.#apply(parseWatchEvent(line));
      }
    }
  }

  /** The resource version moves only when the event has been taken in. */
  #apply(event: WatchEvent): void {
    switch (event.kind) {
      case 'present':
        this.#present(event);
        this.#advance(event.identity.resourceVersion);
        return;
      case 'deleted':
        this.#mirror.absent(event.identity.uid);
        this.#advance(event.identity.resourceVersion);
        return;
      case 'bookmark':
        this.#advance(event.resourceVersion, 'caught-up');
        return;
      case 'error':
        throw new ApiError({
          status: event.status,
          reason: '',
          message: `ERROR event: ${event.message}`,
          definite: false,
        });
    }
  }

  #present(event: Extract<WatchEvent, { kind: 'present' }>): void {
    try {
      this.#mirror.present(event.identity, () => this.#options.parse(event.object));
    } catch (error) {
      if (!(error instanceof Unparseable)) throw error;
      this.#observe((observer) => observer.parseFailed?.(`${this.name} ${error.message}`));
    }
  }

  /** @param sign A bookmark comes after all that happened before it, so also after what a reconnection owes. */
  #advance(resourceVersion: string, sign?: 'caught-up'): void {
    this.#resourceVersion = resourceVersion;
    this.#serverErrors = 0;
    if (sign !== undefined) this.#isCaughtUp = true;
    this.#heard();
  }

  #heard(): void {
    this.#lastHeardMs = this.#pace.now();
    if (this.#isCaughtUp) this.#currentAtMs = this.#lastHeardMs;
  }

  #observe(call: (observer: ListWatchObserver) => void): void {
    try {
      if (this.#options.observer !== undefined) call(this.#options.observer);
    } catch {
      // A metric that throws must not stop the view of the cluster.
    }
  }

  #stoppedError(): Error {
    return new Error(`the watch of ${this.name} was stopped before it had synced`);
  }
}

function endingOf(error: unknown): Ending {
  const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return {
    reason: reasonOf(error),
    message: messageOf(error),
    retryAfterMs: Math.min(retryAfterMs, MOST_RETRY_AFTER_MS),
  };
}

function reasonOf(error: unknown): RestartReason {
  if (error instanceof HandlerFailed) return 'handler-failed';
  if (error instanceof BadData || error instanceof LineTooLong) return 'bad-data';
  if (!(error instanceof ApiError)) return 'internal';
  const byStatus = STATUS_REASONS.get(error.status);
  if (byStatus !== undefined) return byStatus;
  if (error.status >= 400 && error.status < 500) return 'rejected';
  if (error.status >= 500) return 'server-error';
  return LOCAL_REASONS.get(error.reason) ?? 'connection';
}

const STATUS_REASONS: ReadonlyMap<number, RestartReason> = new Map([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [410, 'expired'],
  [429, 'throttled'],
]);

const LOCAL_REASONS: ReadonlyMap<string, RestartReason> = new Map([
  ['Idle', 'idle'],
  ['DeadlineExceeded', 'idle'],
  ['CredentialsFailed', 'unauthorized'],
  ['BadAnswer', 'bad-data'],
]);
