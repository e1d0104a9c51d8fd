/**
 * Lets pods out of the waiting room: those whose group has room, oldest first, and those that no policy holds back any
 * more. Pods that wait there cost kube-scheduler nothing, and cluster autoscalers add no node for them.
 *
 * Level-triggered: what is remembered of an event is only which group to look at; who is let out follows from the ledger
 * as it is when the look is taken. Gates stay on pods when nobody admits new ones any more, so this runs always.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { GroupRef, Ledger } from '../ledger/ledger.ts';
import { groupRefKey } from '../ledger/ledger.ts';

export interface WaitingRoomParts {
  readonly ledger: Ledger;
  readonly clock: { nowMs(): number };
  /** Whether this replica is the one that lets pods out. */
  readonly isLeading: () => boolean;
  /** Takes the gate off the pod. Resolves to `failed` instead of rejecting. */
  readonly open: (pod: PodFacts) => Promise<'patched' | 'gone' | 'failed'>;
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Changes of this time are looked at together. */
const GATHER_MS = 20;
/** Gates that are being taken off at one time, of all groups. */
const MOST_UNDER_WAY = 32;
/** Pause before a gate is tried again that could not be taken off. */
const RETRY_MS = 1_000;
/**
 * Room that pods ahead were refused: they lack something else than room, which pods behind them may not lack. So that
 * nobody waits for ever, a few are let out now and then.
 */
const TRICKLE = 8;
const TRICKLE_MS = 10_000;
/**
 * A pod in kube-scheduler's queue that has been about to take a place for longer, although nobody or younger ones have been
 * asked about meanwhile, takes none: perhaps no kube-scheduler of its name runs. It counts as refused.
 */
const HOPE_MS = 60_000;
/** Whoever was asked about: nobody waits for ever for a pod that nobody tries. */
const LONGEST_HOPE_MS = 600_000;
/** All of it is looked at so often, whatever was told. */
export const ROUND_MS = 30_000;

const ALL = '';

export class WaitingRoom {
  readonly #parts: WaitingRoomParts;
  /** Groups to look at, by name; {@link ALL}: every pod there is. */
  readonly #due = new Map<string, GroupRef | undefined>();
  /** Pods whose gate is taken off, until the watch shows it. */
  readonly #leaving = new Map<string, number>();
  /** Since when pods of a group are about to take the places that others wait for, by UID. */
  readonly #hopes = new Map<string, ReadonlyMap<string, number>>();
  /** When pods of a group were last let out though others of it were refused. */
  readonly #trickledMs = new Map<string, number>();
  /** When kube-scheduler last asked about a pod, and when the youngest of them was created. */
  #askedMs = -Infinity;
  #youngestAskedMs = -Infinity;
  #cancel: (() => void) | undefined;
  #cancelRound: (() => void) | undefined;
  #underWay = 0;
  #isStopped = false;

  constructor(parts: WaitingRoomParts) {
    this.#parts = parts;
  }

  /** The group may have room for pods of the waiting room. */
  look(ref: GroupRef): void {
    this.#due.set(groupRefKey(ref), ref);
    this.#plan(GATHER_MS);
  }

  /** Looks at every pod there is: when this replica begins to lead, and when no policy holds some of them back any more. */
  lookEverywhere(): void {
    this.#due.set(ALL, undefined);
    this.#plan(GATHER_MS);
    this.#cancelRound?.();
    if (!this.#isStopped) this.#cancelRound = this.#parts.schedule(() => this.lookEverywhere(), ROUND_MS);
  }

  /** kube-scheduler asks about the pod. */
  asked({ createdMs }: PodFacts): void {
    this.#askedMs = this.#parts.clock.nowMs();
    this.#youngestAskedMs = Math.max(this.#youngestAskedMs, createdMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancelRound?.();
  }

  #plan(afterMs: number): void {
    if (this.#isStopped || this.#cancel !== undefined) return;
    this.#cancel = this.#parts.schedule(() => {
      this.#cancel = undefined;
      this.#check();
    }, afterMs);
  }

  #check(): void {
    const due = new Map(this.#due);
    // Those that cannot be finished now put themselves on the list again.
    this.#due.clear();
    if (!this.#parts.isLeading()) return;
    this.#forgetWhoLeft();
    if (due.has(ALL)) this.#checkAll();
    else for (const ref of due.values()) if (ref !== undefined) this.#checkGroup(ref);
  }

  #checkAll(): void {
    const refs = new Map<string, GroupRef>();
    for (const { pod, group } of this.#parts.ledger.heldPods()) {
      if (group === undefined) {
        if (!this.#let(pod)) this.#due.set(ALL, undefined);
      } else refs.set(groupRefKey(group), group);
    }
    for (const remembered of [this.#hopes, this.#trickledMs])
      for (const key of remembered.keys()) if (!refs.has(key)) remembered.delete(key);
    for (const ref of refs.values()) this.#checkGroup(ref);
  }

  #checkGroup(ref: GroupRef): void {
    const { ledger } = this.#parts;
    const key = groupRefKey(ref);
    const group = ledger.group(ref);
    if (group === undefined || group.held.size === 0) {
      this.#trickledMs.delete(key);
      this.#hopes.delete(key);
      return;
    }
    const queue = ledger.queue(ref);
    const hopeful = this.#stillHopeful(key, queue.hopeful);
    const refused = queue.refused.length + queue.hopeful.length - hopeful;
    const leaving = [...group.held].filter((uid) => this.#leaving.has(uid)).length;
    const free = group.room() - hopeful - leaving;
    const count = free > refused ? free - refused : this.#trickle(key, ref, free);
    if (count <= 0) return;
    const waiting = ledger.held(ref).filter(({ uid }) => !this.#leaving.has(uid));
    for (const pod of waiting.slice(0, count)) {
      if (!this.#let(pod)) {
        this.#due.set(key, ref);
        return;
      }
    }
  }

  /** How many of these pods still may take a place. */
  #stillHopeful(key: string, hopeful: readonly string[]): number {
    const { clock, ledger } = this.#parts;
    const now = clock.nowMs();
    const known = this.#hopes.get(key);
    const hopes = new Map(hopeful.map((uid) => [uid, known?.get(uid) ?? now]));
    this.#hopes.set(key, hopes);
    const isPassedBy = (uid: string): boolean =>
      now - this.#askedMs >= HOPE_MS || (ledger.pod(uid)?.createdMs ?? now) < this.#youngestAskedMs;
    return [...hopes].filter(([uid, sinceMs]) => {
      const hopedMs = now - sinceMs;
      return hopedMs < HOPE_MS || (hopedMs < LONGEST_HOPE_MS && !isPassedBy(uid));
    }).length;
  }

  /** How many may try although others of the group were refused. */
  #trickle(key: string, ref: GroupRef, free: number): number {
    if (free <= 0) return 0;
    const now = this.#parts.clock.nowMs();
    const sinceMs = this.#trickledMs.get(key);
    if (sinceMs !== undefined && now - sinceMs < TRICKLE_MS) return 0;
    this.#trickledMs.set(key, now);
    if (!this.#isStopped) this.#parts.schedule(() => this.look(ref), TRICKLE_MS);
    return Math.min(TRICKLE, free);
  }

  /** False: too many are being let out already; whoever is done looks again. */
  #let(pod: PodFacts): boolean {
    if (this.#leaving.has(pod.uid)) return true;
    if (this.#underWay >= MOST_UNDER_WAY) return false;
    void this.#open(pod);
    return true;
  }

  async #open(pod: PodFacts): Promise<void> {
    const { clock, open, schedule } = this.#parts;
    this.#leaving.set(pod.uid, clock.nowMs());
    this.#underWay += 1;
    const outcome = await open(pod);
    this.#underWay -= 1;
    if (outcome === 'failed') {
      schedule(() => {
        this.#leaving.delete(pod.uid);
        this.lookEverywhere();
      }, RETRY_MS);
    } else if (this.#due.size > 0) this.#plan(0);
  }

  #forgetWhoLeft(): void {
    const { ledger } = this.#parts;
    for (const uid of this.#leaving.keys()) {
      if (ledger.pod(uid)?.isInWaitingRoom !== true) this.#leaving.delete(uid);
    }
  }
}
