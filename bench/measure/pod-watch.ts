/**
 * Follows the pods of the benchmark's namespace with list and watch, for as long as a run takes.
 *
 * @module
 */
import { ApiClient } from '../../test/control-plane/api-client.ts';
import { waitUntil, GaveUpError } from '../../test/control-plane/wait.ts';
import { NAMESPACE } from '../workload/pods.ts';
import type { PodLog, WatchedPod } from './pod-log.ts';

const PATH = `/api/v1/namespaces/${NAMESPACE}/pods`;

/** A cluster may have tens of thousands of pods. */
const PAGE_SIZE = 2_000;

interface PodList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly WatchedPod[];
}

interface WatchEvent {
  readonly type: string;
  readonly object: WatchedPod;
}

export class PodWatch {
  readonly #client: ApiClient;
  readonly #log: PodLog;
  readonly #abort = new AbortController();
  #resourceVersion = '';
  #failure: Error | undefined;
  #following: Promise<void> = Promise.resolve();

  constructor(kubeconfigPath: string, log: PodLog) {
    // Its own connection: others' requests never stand before it.
    this.#client = new ApiClient(kubeconfigPath, { connections: 1 });
    this.#log = log;
  }

  /** Resolves when the log holds the pods that exist now; from then on it follows them. */
  async start(): Promise<void> {
    for (let page: string | undefined = ''; page !== undefined;) page = await this.#list(page);
    this.#following = this.#follow();
  }

  /** Why events are missing from the log, if they are. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @throws {Error} when it is not so in time, or events were lost. */
  async until(what: string, condition: () => boolean, timeoutMs: number): Promise<void> {
    const check = (): boolean => {
      if (this.#failure !== undefined) throw new GaveUpError(this.#failure.message, { cause: this.#failure });
      return condition();
    };
    await waitUntil(what, check, { timeoutMs, intervalMs: 20 });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#following;
    await this.#client.close();
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped()) {
      try {
        await this.#watch();
      } catch (error) {
        if (this.#isStopped()) return;
        this.#failure = new Error('the watch of the benchmark lost events', { cause: error });
        return;
      }
    }
  }

  /** Reads a page of the list, which is of one moment in all; returns the name of the next one. */
  async #list(page: string): Promise<string | undefined> {
    const query = `limit=${PAGE_SIZE}${page === '' ? '' : `&continue=${page}`}`;
    const { metadata, items } = await this.#client.request<PodList>('GET', `${PATH}?${query}`);
    const nowMs = performance.now();
    for (const pod of items) this.#log.see('ADDED', pod, nowMs);
    this.#resourceVersion = metadata.resourceVersion;
    return metadata.continue === '' ? undefined : metadata.continue;
  }

  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  async #watch(): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${this.#resourceVersion}`;
    for await (const lines of this.#client.lines(`${PATH}?${query}`, this.#abort.signal)) {
      const nowMs = performance.now();
      for (const line of lines) this.#see(line, nowMs);
    }
  }

  #see(line: string, nowMs: number): void {
    const { type, object }: WatchEvent = JSON.parse(line);
    if (type === 'ERROR') throw new Error(JSON.stringify(object));
    this.#resourceVersion = object.metadata.resourceVersion;
    if (type !== 'BOOKMARK') this.#log.see(type, object, nowMs);
  }
}
