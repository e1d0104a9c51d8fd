/**
 * Wakes waiting pods when their group has room. kube-scheduler tries a rejected pod again by itself only when an
 * assigned pod or a node changes; a changed policy, a place given up without any pod bound, or a /filter that came
 * before our watch had shown the freed place would leave it waiting for five minutes. One annotation patch on the
 * pod makes kube-scheduler look at it again, and at no other.
 *
 * Level-triggered: what is remembered of an event is only that the group had room at that time; who is woken follows
 * from the ledger as it is when the check runs.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { GroupRef, Ledger, WaitingPod } from '../ledger/ledger.ts';
import { groupRefKey } from '../ledger/ledger.ts';
import { policyKey } from '../policy/resource-policy.ts';

/** Makes kube-scheduler try the pod again. Resolves to `failed` instead of rejecting. */
export type Wake = (pod: PodFacts) => Promise<'patched' | 'gone' | 'failed'>;

export interface WakerParts {
  readonly ledger: Ledger;
  readonly clock: { nowMs(): number };
  readonly wake: Wake;
  /** Whether this replica is the one that wakes; it looks everywhere when it becomes it. */
  readonly isLeading: () => boolean;
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Time in which kube-scheduler's own retry, caused by the same event, usually arrives: then no patch is needed. */
const GRACE_MS = 100;
/** Pause before looking again at a group whose room was not taken by the pods woken first. */
const RECHECK_MS = 1_000;
/** Pods woken at once per group when its room has no limit. */
const BATCH = 64;
/**
 * Pods whose waking has no answer yet, of all groups. A slow API server is not to be asked for more and more: all groups
 * may have room at once, as after a start.
 */
const MOST_UNDER_WAY = 64;
/** Pause before looking again at a group that had to wait for the waking of others. */
const BUSY_MS = 50;

/** A group that had room. */
interface Opening {
  readonly ref: GroupRef;
  /** When it last gained room: pods tried since need no waking. */
  sinceMs: number;
  /** When to look at it (again). */
  dueMs: number;
  /** Pods woken since. */
  woken: Set<string>;
  /** Pods whose waking has no answer yet: it may fail, and then they are to be woken again. */
  waking: number;
}

export class Waker {
  readonly #parts: WakerParts;
  readonly #openings = new Map<string, Opening>();
  #underWay = 0;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(parts: WakerParts) {
    this.#parts = parts;
  }

  /** The group has room now, or its pods may now go elsewhere. */
  room(ref: GroupRef): void {
    if (!this.#parts.isLeading()) return;
    const now = this.#parts.clock.nowMs();
    const key = groupRefKey(ref);
    const opening = this.#openings.get(key) ?? {
      ref,
      sinceMs: now,
      dueMs: now + GRACE_MS,
      woken: new Set(),
      waking: 0,
    };
    opening.sinceMs = now;
    opening.woken = new Set();
    this.#openings.set(key, opening);
    this.#plan();
  }

  /** Looks at every group with waiting pods: after a start, when it is unknown what happened before. */
  roomEverywhere(): void {
    for (const { policy, key, pending } of this.#parts.ledger.groups()) {
      if (pending.size > 0) this.room({ policyKey: policyKey(policy), group: key });
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #plan(): void {
    if (this.#isStopped || this.#cancel !== undefined || this.#openings.size === 0) return;
    const nextMs = Math.min(...[...this.#openings.values()].map(({ dueMs }) => dueMs));
    this.#cancel = this.#parts.schedule(
      () => {
        this.#cancel = undefined;
        this.#check();
        this.#plan();
      },
      Math.max(0, nextMs - this.#parts.clock.nowMs()),
    );
  }

  #check(): void {
    const now = this.#parts.clock.nowMs();
    const due = [...this.#openings].filter(([, opening]) => opening.dueMs <= now);
    for (const [key, opening] of due) {
      const room = Math.min(this.#parts.ledger.group(opening.ref)?.room() ?? 0, BATCH);
      const candidates = room === 0 ? [] : this.#candidates(opening).slice(0, room);
      const woken = candidates.slice(0, MOST_UNDER_WAY - this.#underWay);
      const mustWait = woken.length < candidates.length;
      opening.dueMs = now + (mustWait ? BUSY_MS : RECHECK_MS);
      // Who has had a turn comes after who has not.
      if (woken.length > 0 || !mustWait) this.#openings.delete(key);
      if (candidates.length > 0 || opening.waking > 0) this.#openings.set(key, opening);
      for (const pod of woken) void this.#wake(pod, opening);
    }
  }

  /**
   * Pods that were refused before the group gained room and were not woken since, in the order in which they should
   * go: higher priority first, then older first.
   */
  #candidates({ ref, sinceMs, woken }: Opening): readonly PodFacts[] {
    return this.#parts.ledger
      .waiting(ref)
      .filter((waiting) => wasRefusedBefore(waiting, sinceMs) && !woken.has(waiting.pod.uid))
      .map(({ pod }) => pod)
      .toSorted((a, b) => b.priority - a.priority || a.createdMs - b.createdMs);
  }

  async #wake(pod: PodFacts, opening: Opening): Promise<void> {
    const { woken } = opening;
    woken.add(pod.uid);
    opening.waking += 1;
    this.#underWay += 1;
    if ((await this.#parts.wake(pod)) === 'failed') woken.delete(pod.uid);
    this.#underWay -= 1;
    opening.waking -= 1;
  }
}

/** A pod that nobody has refused yet is still in kube-scheduler's hands and comes by itself. */
function wasRefusedBefore({ pod, refusedMs }: WaitingPod, sinceMs: number): boolean {
  return refusedMs === undefined ? pod.unschedulable !== undefined : refusedMs < sinceMs;
}
