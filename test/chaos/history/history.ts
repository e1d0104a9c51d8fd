/**
 * The history of all pods as etcd has it, revision by revision: what was true at any moment, however the API server and
 * its watches fared.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../control-plane/wait.ts';
import type { Etcd, KeyChange } from './etcd.ts';
import { Compacted } from './etcd.ts';
import type { PodRecord } from './pod-record.ts';
import { readPod } from './pod-record.ts';

/** Told of each change of a pod, in the order of revisions. */
export interface HistorySink {
  /** @param pod undefined: it is gone. */
  changed(key: string, pod: PodRecord | undefined, revision: number): void;
}

const PODS = '/registry/pods/';
/** Ours, behind all pods and outside of the API server's prefix for them. */
const MARKER = '/registry/pods~';
const END = '/registry/pods~~';

export class History {
  readonly #etcd: Etcd;
  readonly #sink: HistorySink;
  readonly #aborting = new AbortController();
  #revision = 0;
  #failure: Error | undefined;
  #running: Promise<void> | undefined;

  constructor(etcd: Etcd, sink: HistorySink) {
    this.#etcd = etcd;
    this.#sink = sink;
  }

  /** Follows from now on; what was before is not told. */
  async start(): Promise<void> {
    this.#revision = await this.#etcd.revision();
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#aborting.abort();
    await this.#running;
  }

  /** Everything up to this revision has been told. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Resolves when everything that is now in etcd has been told.
   *
   * @returns the revision up to which it has.
   * @throws {Error} when the history was lost, or etcd does not answer in time.
   */
  async caughtUp(timeoutMs = 60_000): Promise<number> {
    const revision = await this.#etcd.put(MARKER, new Date().toISOString());
    await waitUntil(
      `the history up to revision ${revision}`,
      () => this.#failure !== undefined || this.#revision >= revision,
      { timeoutMs },
    );
    this.throwIfLost();
    return revision;
  }

  /** @throws {Error} when part of the history was lost: nothing is known for sure then. */
  throwIfLost(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#aborting;
    while (!signal.aborted && this.#failure === undefined) {
      try {
        for await (const change of this.#etcd.watch(PODS, END, this.#revision + 1, signal))
          this.#tell(change);
      } catch (error) {
        if (error instanceof Compacted || error instanceof Misread) this.#failure = error;
      }
      // Broken connections are made again, from where we are.
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
  }

  #tell({ key, value, revision }: KeyChange): void {
    try {
      if (key.startsWith(PODS)) this.#sink.changed(key, value && readPod(value), revision);
    } catch (error) {
      throw new Misread(`${key} at revision ${revision}: ${String(error)}`, { cause: error });
    }
    this.#revision = revision;
  }
}

/** A change could not be understood: what follows it would rest on a wrong picture. */
class Misread extends Error {
  override readonly name = 'Misread';
}
