/**
 * Whose turn it is to decide. Of several replicas, each beside its own kube-scheduler, one decides and binds: the one that
 * holds the lease. A replica that is called without it asks for it; the holder gives it up when nobody calls it any more
 * and none of its Bindings is open. The new holder decides once its view holds all that the one before it bound: a pod is
 * touched, and when the watch shows that, everything before it has been shown too.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock, View } from './ports.ts';

export interface TurnParts {
  readonly ledger: Pick<Ledger, 'pod' | 'isRemoved' | 'unsettledCount'>;
  /** The replica's own view of the cluster, and whether it is complete in a moment. */
  readonly view: View & { readonly isListing: boolean };
  readonly lease: {
    /** Whether this replica holds the lease at this very moment. */
    isLeading(): boolean;
    /** Asks the holder for it. */
    want(): void;
  };
  /**
   * Changes an annotation of the pod that means nothing.
   *
   * @returns the pod's version after it; undefined: it is gone. Rejects when it could not be written.
   */
  readonly touch: (pod: PodFacts) => Promise<string | undefined>;
  /** Whether the view of pods is told of what happens as it happens: not while it is listed anew, in no order. */
  readonly isFollowing: () => boolean;
  readonly clock: Clock;
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Longest time in which a call is kept waiting for its turn: a change of the holder takes about 4 s. */
const PATIENCE_MS = 6_000;
/** Between two looks whether the view is complete. */
const LOOK_MS = 500;
/** A holder that was called within this time is not asked in vain: its kube-scheduler is at work. */
const BUSY_MS = 3_000;

const NOT_HELD = 'resource-policy waits for its lease: another replica decides, or the lease cannot be taken';
const CATCHING_UP = 'resource-policy takes over from another replica: its last bindings are being counted';

export class Turn implements View {
  readonly #parts: TurnParts;
  /** Whether what others bound may still be missing from the view. */
  #isBehind = false;
  /** What the watch has to show before the view is complete. */
  #touched: { readonly uid: string; readonly version: bigint } | undefined;
  #isTouching = false;
  /** How often it was elected: what was asked before an election tells nothing after it. */
  #elections = 0;
  #calledMs = -Infinity;
  readonly #waiting = new Set<() => void>();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Why nothing may be decided now, constant per cause; undefined when it may. */
  unready(): string | undefined {
    const unready = this.#parts.view.unready();
    if (unready !== undefined) return unready;
    if (!this.#parts.lease.isLeading()) return NOT_HELD;
    return this.#isBehind ? CATCHING_UP : undefined;
  }

  /**
   * kube-scheduler calls about this pod: does what is needed for it to be our turn, and resolves when it is, or after
   * some seconds in any case.
   */
  async comes(pod: PodFacts): Promise<void> {
    this.#calledMs = this.#parts.clock.nowMs();
    this.#look();
    if (this.unready() === undefined) return;
    const untilMs = this.#calledMs + PATIENCE_MS;
    while (this.unready() !== undefined && this.#parts.clock.nowMs() < untilMs) {
      const { view, lease } = this.#parts;
      if (view.unready() !== undefined) {
        // A view that is stale takes longer than a call can wait. While it is listed, a call that waits is one that does not
        // send its pod into kube-scheduler's backoff, nor takes the time that the listing needs.
        if (!view.isListing) return;
      } else if (!lease.isLeading()) lease.want();
      else await this.#touch(pod);
      if (this.unready() === undefined) return;
      const leftMs = untilMs - this.#parts.clock.nowMs();
      // No event tells that a list has been taken in which held the touched pod.
      await this.#change(this.#touched === undefined ? leftMs : Math.min(leftMs, LOOK_MS));
      this.#look();
    }
  }

  /** Whether the lease may go to another replica that asks for it. */
  mayYield(): boolean {
    const isBusy = this.#parts.clock.nowMs() - this.#calledMs < BUSY_MS;
    return !isBusy && this.#parts.ledger.unsettledCount === 0;
  }

  /** The view has become complete, or will not any more. */
  viewChanged(): void {
    this.#changed();
  }

  /** @param isBehind another replica may have bound pods that our view does not hold yet. */
  elected({ isBehind }: { isBehind: boolean }): void {
    this.#elections += 1;
    this.#isBehind ||= isBehind;
    this.#touched = undefined;
    this.#changed();
  }

  /** The ledger has taken in an event of this pod. */
  seen({ uid }: PodFacts): void {
    if (this.#touched?.uid === uid) this.#look();
  }

  /** Whether the ledger has taken in the touch, and so everything before it. */
  #look(): void {
    if (this.#touched === undefined || !this.#parts.isFollowing()) return;
    const { uid, version } = this.#touched;
    const { ledger } = this.#parts;
    const seen = BigInt(ledger.pod(uid)?.resourceVersion ?? 0);
    if (seen < version && !ledger.isRemoved(uid)) return;
    this.#touched = undefined;
    this.#isBehind = false;
    this.#changed();
  }

  async #touch(pod: PodFacts): Promise<void> {
    if (!this.#isBehind || this.#touched !== undefined || this.#isTouching) return;
    this.#isTouching = true;
    const elections = this.#elections;
    try {
      const version = await this.#parts.touch(pod);
      // A pod that is gone tells nothing; the next call brings another.
      if (version !== undefined && elections === this.#elections)
        this.#touched = { uid: pod.uid, version: BigInt(version) };
      this.#look();
    } catch {
      // The API server cannot be written to, so nothing can be bound either.
    } finally {
      this.#isTouching = false;
    }
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
  }

  async #change(atMostMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        cancel();
        resolve();
      };
      const cancel = this.#parts.schedule(done, Math.max(0, atMostMs));
      this.#waiting.add(done);
    });
  }
}
