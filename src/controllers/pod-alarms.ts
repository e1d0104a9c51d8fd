/**
 * Wakes single pods at a given time: when a timed wait or an attempt at preemption is over, or at once when their
 * policy is gone. kube-scheduler has no event of its own for any of these. At once, too, when the answer to a Binding was
 * lost: waking changes the pod, after which that Binding cannot land any more if it has not yet; or the pod turns out to
 * be gone, and with it what was held for it.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Wake } from './waker.ts';

const CAUSES = [
  'wait-over',
  'attempt-over',
  'nomination-unheard',
  'nomination-over',
  'released',
  'binding-lost',
] as const;

/** Why a pod is to be woken; one alarm for each is kept per pod. */
export type AlarmCause = (typeof CAUSES)[number];

export interface PodAlarmsParts {
  readonly ledger: Ledger;
  readonly clock: { nowMs(): number };
  readonly wake: Wake;
  /** Whether this replica is the one that wakes; until it is, alarms are kept. */
  readonly isLeading: () => boolean;
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

interface Alarm {
  readonly pod: PodFacts;
  readonly cause: AlarmCause;
  readonly dueMs: number;
}

const RETRY_MS = 1_000;
/** A pod that is still not seen after its Binding got no answer is changed again after this time. */
const DOUBT_MS = 5_000;
/** Wakings under way at one time: others wait for their end. */
const MOST_UNDER_WAY = 64;

export class PodAlarms {
  readonly #parts: PodAlarmsParts;
  readonly #alarms = new Map<string, Alarm>();
  #next: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #underWay = 0;
  #isStopped = false;

  constructor(parts: PodAlarmsParts) {
    this.#parts = parts;
  }

  /** The pod is to be tried again after this time, in milliseconds; replaces an alarm of the same cause. */
  set(pod: PodFacts, cause: AlarmCause, afterMs: number): void {
    const dueMs = this.#parts.clock.nowMs() + Math.max(0, afterMs);
    this.#alarms.set(keyOf(pod.uid, cause), { pod, cause, dueMs });
    this.#plan(dueMs);
  }

  /** The pod is bound or gone. */
  done(uid: string): void {
    if (this.#alarms.size === 0) return;
    for (const cause of CAUSES) this.#alarms.delete(keyOf(uid, cause));
  }

  stop(): void {
    this.#isStopped = true;
    this.#next?.cancel();
  }

  #plan(atMs: number): void {
    if (this.#isStopped || (this.#next !== undefined && this.#next.atMs <= atMs)) return;
    this.#next?.cancel();
    const cancel = this.#parts.schedule(
      () => {
        this.#next = undefined;
        this.#ring();
      },
      Math.max(0, atMs - this.#parts.clock.nowMs()),
    );
    this.#next = { atMs, cancel };
  }

  #ring(): void {
    const now = this.#parts.clock.nowMs();
    if (!this.#parts.isLeading()) {
      for (const [key, alarm] of this.#alarms)
        if (alarm.dueMs <= now && !this.#isDue(alarm)) this.#alarms.delete(key);
      if (this.#alarms.size > 0) this.#plan(now + RETRY_MS);
      return;
    }
    let nextMs = Infinity;
    for (const [key, alarm] of this.#alarms) {
      if (alarm.dueMs > now) nextMs = Math.min(nextMs, alarm.dueMs);
      // The next answer rings again.
      else if (this.#underWay >= MOST_UNDER_WAY) return;
      else {
        this.#alarms.delete(key);
        if (this.#isDue(alarm)) void this.#wake(alarm);
      }
    }
    if (nextMs < Infinity) this.#plan(nextMs);
  }

  async #wake({ pod, cause }: Alarm): Promise<void> {
    this.#underWay += 1;
    const outcome = await this.#parts.wake(pod);
    if (this.#underWay >= MOST_UNDER_WAY) this.#plan(this.#parts.clock.nowMs());
    this.#underWay -= 1;
    // Nobody else says that a pod is gone which came and went while the watch was away.
    if (outcome === 'gone' && this.#isUnseen(pod)) this.#parts.ledger.forget(pod.uid);
    // One that is set meanwhile comes first.
    if (this.#alarms.has(keyOf(pod.uid, cause))) return;
    if (outcome === 'failed') this.set(pod, cause, RETRY_MS);
    // The watch shows what becomes of a pod that it has shown. Any other may be gone before it shows it for the first time.
    if (outcome === 'patched' && cause === 'binding-lost' && this.#isUnseen(pod))
      this.set(pod, cause, DOUBT_MS);
  }

  #isUnseen({ uid }: PodFacts): boolean {
    return this.#parts.ledger.pod(uid) === undefined;
  }

  #isDue({ pod: { uid }, cause }: Alarm): boolean {
    const { ledger } = this.#parts;
    if (cause === 'binding-lost') return ledger.reservation(uid)?.state === 'uncertain';
    return !ledger.isRemoved(uid) && ledger.pod(uid)?.nodeName === undefined;
  }
}

function keyOf(uid: string, cause: AlarmCause): string {
  return `${uid}/${cause}`;
}
