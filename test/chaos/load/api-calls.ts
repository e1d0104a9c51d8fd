/**
 * Calls to an API server that may be away: what is asked for is done in the end, once.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, ApiMethod } from '../../control-plane/api-client.ts';
import { ApiError } from '../../control-plane/api-client.ts';

const RETRY_MS = 500;
/** Answers that say that what is asked for is already so. */
const DONE_ALREADY: Readonly<Record<string, number>> = { POST: 409, DELETE: 404 };
/** The service account of a new namespace takes a moment; a token or a lease may be checked against a server in trouble. */
const PASSING: ReadonlySet<number> = new Set([403, 408, 409, 429]);

export class PersistentCalls {
  readonly #api: ApiClient;
  readonly #signal: AbortSignal;
  /** Calls that had to be repeated. */
  repeated = 0;

  /** @param signal gives everything up. */
  constructor(api: ApiClient, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /**
   * Repeats the call until it is carried out.
   *
   * @returns false: it was given up.
   * @throws {ApiError} when the API server refuses it for good.
   */
  async call(method: ApiMethod, path: string, body?: object): Promise<boolean> {
    while (!this.#signal.aborted) {
      try {
        await this.#api.request(method, path, body);
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === DONE_ALREADY[method]) return true;
        if (error instanceof ApiError && error.status < 500 && !PASSING.has(error.status)) throw error;
      }
      this.repeated += 1;
      await sleep(RETRY_MS, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    return false;
  }
}
