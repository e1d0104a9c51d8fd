/**
 * Whether the view of the cluster may be decided upon: everything was listed once, and no watch has been silent for
 * long. A count from a stale view would be a wrong count, so none is given.
 *
 * @module
 */

/** What is needed of a {@link import('./list-watch.ts').ListWatch}. */
export interface Watched {
  readonly name: string;
  readonly synced: boolean;
  /** Whether it is about to be synced, and nothing has gone wrong so far. */
  readonly isStarting: boolean;
  /** Monotonic milliseconds; -Infinity before the first sync. */
  readonly lastHeardMs: number;
}

export interface ClusterViewOptions {
  readonly watches: readonly Watched[];
  /** Longest silence, in milliseconds, of any watch. Bookmarks come about every 60 s, so less than 75 s is too short. */
  readonly maxSilenceMs: number;
  /** Time after the first sync in which nothing is decided, in milliseconds; 0: none. */
  readonly settleMs: number;
  readonly nowMs: () => number;
}

export class ClusterView {
  readonly #options: ClusterViewOptions;
  #syncedSinceMs: number | undefined;
  #isStopping = false;

  constructor(options: ClusterViewOptions) {
    this.#options = options;
  }

  /** Why nothing may be decided now, constant per cause; undefined when it may. */
  unready(): string | undefined {
    if (this.#isStopping) return 'resource-policy is stopping';
    const { watches, maxSilenceMs, settleMs, nowMs } = this.#options;
    const missing = watches.filter(({ synced }) => !synced).map(({ name }) => name);
    if (missing.length > 0)
      return `resource-policy is starting: waiting for the list of ${missing.join(', ')}`;
    const now = nowMs();
    this.#syncedSinceMs ??= now;
    if (now - this.#syncedSinceMs < settleMs) {
      return 'resource-policy is starting: bindings of the process before it may still land';
    }
    const silent = watches
      .filter(({ lastHeardMs }) => now - lastHeardMs > maxSilenceMs)
      .map(({ name }) => name);
    if (silent.length > 0)
      return `resource-policy has lost sight of the cluster: no news of ${silent.join(', ')}`;
    return undefined;
  }

  /** Whether all that is missing is being listed for the first time, which takes seconds. */
  get isListing(): boolean {
    const missing = this.#options.watches.filter(({ synced }) => !synced);
    return !this.#isStopping && missing.length > 0 && missing.every(({ isStarting }) => isStarting);
  }

  /** From now on nothing is decided; bindings under way are not touched. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** Seconds of silence by resource, for metrics; before the first sync 0. */
  ages(): readonly { resource: string; seconds: number }[] {
    const now = this.#options.nowMs();
    return this.#options.watches.map(({ name, lastHeardMs }) => ({
      resource: name,
      seconds: Number.isFinite(lastHeardMs) ? (now - lastHeardMs) / 1000 : 0,
    }));
  }
}
