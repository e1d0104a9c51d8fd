/**
 * Since when pods wait for resources in a unit. The wait is counted per pod and unit, from when the unit was first
 * found lacking. It is told to whoever keeps it on the pod, so that a restart does not begin it anew; until the watch
 * shows it there, it is remembered here.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';

/** Pods whose waits are remembered; a pod's own annotation tells of older ones. */
const REMEMBERED_PODS = 50_000;

export interface WaitsParts {
  /** Milliseconds since the epoch: waits outlive the process. */
  readonly wallClock: () => number;
  /** A wait began: keep all waits of the pod, milliseconds since the epoch by unit name. */
  readonly began: (pod: PodFacts, since: Readonly<Record<string, number>>) => void;
  /** The pod waits for this long from now; said again whenever it is noticed anew, also after a restart. */
  readonly waiting: (pod: PodFacts, leftMs: number) => void;
}

export class Waits {
  readonly #parts: WaitsParts;
  readonly #since = new LRUCache<string, Readonly<Record<string, number>>>({ max: REMEMBERED_PODS });

  constructor(parts: WaitsParts) {
    this.#parts = parts;
  }

  /** For how long the pod has been waiting in the unit, in milliseconds; 0: not yet. A time in the future counts as now. */
  waitedMs(pod: PodFacts, unit: Unit): number {
    const since = this.#all(pod)[unit.name];
    return since === undefined ? 0 : Math.max(0, this.#parts.wallClock() - since);
  }

  /** The pod waits in the unit; from now on, if it did not before, or if its time is ahead: the clock was set back. */
  wait(pod: PodFacts, policy: ResourcePolicy, unit: Unit): void {
    const waits = this.#all(pod);
    const nowMs = this.#parts.wallClock();
    const sinceMs = waits[unit.name];
    if (sinceMs === undefined || sinceMs > nowMs) {
      const since = { ...waits, [unit.name]: nowMs };
      this.#since.set(pod.uid, since);
      this.#parts.began(pod, since);
    }
    this.#parts.waiting(pod, policy.timeout.ms - this.waitedMs(pod, unit));
  }

  #all(pod: PodFacts): Readonly<Record<string, number>> {
    return { ...pod.waitingSince, ...this.#since.get(pod.uid) };
  }
}
