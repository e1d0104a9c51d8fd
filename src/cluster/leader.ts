/**
 * Who of several processes leads: the one that holds a Lease and renews it, as in client-go's leaderelection. Clocks of
 * machines are never compared: whether a holder is dead is judged by how long the Lease has stayed the same before our
 * own eyes, and how long we may lead is counted from before the request that renewed it. So two never lead at once, unless
 * one clock runs half as fast again as the other.
 *
 * @module
 */
import { ApiError } from './api-error.ts';
import type { Lease, LeaseState } from './lease.ts';

const DURATION_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
/** An API server that has just started refuses everything until it has read who may do what. */
const FORBIDDEN_AFTER_MS = 5_000;
/** A right that is missing is given by a person. */
const FORBIDDEN_RETRY_MS = 10_000;
/** How often a replica that has asked for the lease looks whether it may have it. */
const ASKING_RETRY_MS = 500;
/** A request is void when nobody has called for so long. */
const WANTED_MS = 10_000;
/** Written with the release, as client-go does; an empty holder is all that counts. */
const RELEASED_MS = 1_000;
/** A lease that was given up for another is kept for it for so long: it looks often enough to take it. */
const YIELDED_MS = 5_000;

/** Told of what a person may want to know. */
export interface LeaderObserver {
  /**
   * It leads from now on.
   *
   * @param after who led last; empty: it gave the lease up, undefined: nobody ever led.
   */
  elected(after: string | undefined): void;
  /** It leads no more. */
  deposed(): void;
  /**
   * The account may not use the Lease, and that for some seconds; told once until it may. Nobody leads; it is tried again
   * every ten seconds.
   */
  forbidden(message: string): void;
  /** The API server cannot be asked; told once until it can. */
  failing(message: string): void;
}

export interface LeaderParts {
  readonly lease: Pick<Lease, 'read' | 'write' | 'ask'>;
  /**
   * Of this replica: no other that runs has it. One that is started again may have the same, and leads again at once.
   */
  readonly identity: string;
  /** Whether the lease may go to another that asks for it. */
  readonly mayYield: () => boolean;
  /** Monotonic. */
  readonly clock: { nowMs(): number };
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly observer: LeaderObserver;
}

export class Leader {
  readonly #parts: LeaderParts;
  /** The Lease as seen last, and since when it has been seen like that. */
  #seen: { readonly state: LeaseState; readonly sinceMs: number } | undefined;
  /** Until when we lead unless the lease is renewed; undefined: we do not. */
  #untilMs: number | undefined;
  /** Until when the lease is asked for. */
  #wantedUntilMs = -Infinity;
  #trouble: 'forbidden' | 'failing' | undefined;
  /** Since when every request has been refused for want of a right. */
  #forbiddenSinceMs: number | undefined;
  #running: Promise<void> | undefined;
  #cancelNext: (() => void) | undefined;
  #cancelEnd: (() => void) | undefined;
  #isStopped = false;

  constructor(parts: LeaderParts) {
    this.#parts = parts;
  }

  /** Whether this process leads at this very moment. */
  get leads(): boolean {
    return this.#untilMs !== undefined && this.#parts.clock.nowMs() < this.#untilMs;
  }

  start(): void {
    this.#nextIn(0);
  }

  /** Asks whoever holds the lease for it. */
  want(): void {
    if (this.leads) return;
    const isAsking = this.#isWanted;
    this.#wantedUntilMs = this.#parts.clock.nowMs() + WANTED_MS;
    if (isAsking || this.#cancelNext === undefined) return;
    this.#cancelNext();
    this.#nextIn(0);
  }

  /** Gives the lease up, so that another takes it without waiting. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelNext?.();
    await this.#running;
    this.#depose();
    const state = this.#seen?.state;
    if (state?.holder !== this.#parts.identity) return;
    // If it cannot be given up it runs out by itself.
    await this.#parts.lease.write(state, '', RELEASED_MS).catch(() => undefined);
  }

  get #isWanted(): boolean {
    return this.#parts.clock.nowMs() < this.#wantedUntilMs;
  }

  #nextIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancelNext = this.#parts.schedule(() => {
      this.#cancelNext = undefined;
      this.#running = this.#round();
    }, delayMs);
  }

  async #round(): Promise<void> {
    try {
      await this.#acquireOrRenew();
      this.#trouble = undefined;
      this.#forbiddenSinceMs = undefined;
      this.#nextIn(this.#isWanted ? ASKING_RETRY_MS : RETRY_MS);
    } catch (error) {
      this.#nextIn(this.#failed(error) === 'forbidden' && !this.leads ? FORBIDDEN_RETRY_MS : RETRY_MS);
    }
  }

  #failed(error: unknown): 'forbidden' | 'failing' {
    const now = this.#parts.clock.nowMs();
    const isForbidden = error instanceof ApiError && error.status === 403;
    this.#forbiddenSinceMs = isForbidden ? (this.#forbiddenSinceMs ?? now) : undefined;
    const isLasting = now - (this.#forbiddenSinceMs ?? now) >= FORBIDDEN_AFTER_MS;
    const trouble = isLasting ? 'forbidden' : 'failing';
    const message = error instanceof Error ? error.message : String(error);
    if (this.#trouble !== trouble) this.#parts.observer[trouble](message);
    this.#trouble = trouble;
    return trouble;
  }

  async #acquireOrRenew(): Promise<void> {
    if (this.leads && (await this.#yield())) return;
    // Who leads has seen the last version itself.
    if (this.leads && (await this.#take(this.#seen?.state))) return;
    const state = await this.#parts.lease.read();
    // One that was deleted is its holder's for as long as it would have been: the holder knows nothing of it yet.
    const last = state === undefined ? this.#seen?.state : this.#see(state);
    if (last === undefined || !this.#isHeldByAnother(last)) {
      if (!this.leads || !(await this.#yield())) await this.#take(state);
      return;
    }
    this.#depose();
    if (this.#isWanted && state !== undefined && state.wantedBy !== this.#parts.identity)
      await this.#ask(state);
  }

  async #ask(state: LeaseState): Promise<void> {
    const asked = await this.#parts.lease.ask(state, this.#parts.identity);
    if (asked !== undefined) this.#see(asked);
  }

  /** Gives the lease up to another that asks for it, if it may go. @returns whether it did. */
  async #yield(): Promise<boolean> {
    const { identity, mayYield, lease } = this.#parts;
    const state = this.#seen?.state;
    if (state === undefined || ['', identity].includes(state.wantedBy) || !mayYield()) return false;
    // Nothing is decided any more from here on, whatever becomes of the write.
    this.#depose();
    const given = await lease.write(state, '', YIELDED_MS);
    if (given !== undefined) this.#see(given);
    return true;
  }

  /** @returns false: somebody else wrote first. */
  async #take(from: LeaseState | undefined): Promise<boolean> {
    const { clock, lease, identity } = this.#parts;
    const askedMs = clock.nowMs();
    const after = (from ?? this.#seen?.state)?.holder;
    const state = await lease.write(from, identity, DURATION_MS);
    if (state === undefined) return false;
    this.#see(state);
    this.#wantedUntilMs = -Infinity;
    this.#lead(askedMs + RENEW_DEADLINE_MS, after);
    return true;
  }

  #see(state: LeaseState): LeaseState {
    const isAlive = this.#seen?.state.beat !== state.beat;
    this.#seen = { state, sinceMs: isAlive ? this.#parts.clock.nowMs() : (this.#seen?.sinceMs ?? 0) };
    return state;
  }

  #isHeldByAnother({ holder, wantedBy, durationMs }: LeaseState): boolean {
    const { identity } = this.#parts;
    if (holder === identity) return false;
    // Given up for the one who asked: it comes first for as long as the lease would have run.
    if (holder === '' && (wantedBy === '' || wantedBy === identity)) return false;
    return this.#parts.clock.nowMs() < (this.#seen?.sinceMs ?? 0) + durationMs;
  }

  #lead(untilMs: number, after: string | undefined): void {
    const { clock, schedule, observer } = this.#parts;
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0 || this.#isStopped) return;
    // It ran out, though nobody had the time to notice: another may have led meanwhile.
    if (!this.leads) this.#depose();
    const isNew = this.#untilMs === undefined;
    this.#cancelEnd?.();
    this.#untilMs = untilMs;
    this.#cancelEnd = schedule(() => this.#depose(), leftMs);
    if (isNew) observer.elected(after);
  }

  #depose(): void {
    if (this.#untilMs === undefined) return;
    this.#cancelEnd?.();
    this.#untilMs = undefined;
    this.#parts.observer.deposed();
  }
}
