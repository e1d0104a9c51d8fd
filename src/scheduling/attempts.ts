/**
 * Preemption before the next unit (preemptPolicy BeforeNextUnit): a pod that finds no room in a unit gives
 * kube-scheduler the time to evict pods of lower priority there before it goes on. Nothing tells us that
 * kube-scheduler found nobody to evict, so the attempt is over after a while.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Unit } from '../policy/resource-policy.ts';
import type { Clock } from './ports.ts';

/** kube-scheduler looks for victims right after the refusal, in the same scheduling cycle: this is ample. */
const ATTEMPT_MS = 1_000;
const REMEMBERED_ATTEMPTS = 20_000;

export interface AttemptsParts {
  readonly clock: Clock;
  /** Have kube-scheduler try the pod again after this time. */
  readonly retry: (pod: PodFacts, afterMs: number) => void;
}

export class Attempts {
  readonly #parts: AttemptsParts;
  /** When each began, by pod and unit. */
  readonly #began = new LRUCache<string, number>({ max: REMEMBERED_ATTEMPTS });

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** Whether the pod's attempt in the unit has begun; it may be over. */
  hasBegun(pod: PodFacts, unit: Unit): boolean {
    return this.#began.has(keyOf(pod, unit));
  }

  /** Whether the pod's attempt in the unit is over: it began so long ago, in milliseconds. */
  isOver(pod: PodFacts, unit: Unit, afterMs = ATTEMPT_MS): boolean {
    const began = this.#began.get(keyOf(pod, unit));
    return began !== undefined && this.#parts.clock.nowMs() - began >= afterMs;
  }

  /** The pod is attempting now. */
  begin(pod: PodFacts, unit: Unit): void {
    const key = keyOf(pod, unit);
    if (this.#began.has(key)) return;
    this.#began.set(key, this.#parts.clock.nowMs());
    this.#parts.retry(pod, ATTEMPT_MS);
  }
}

function keyOf(pod: PodFacts, unit: Unit): string {
  return `${pod.uid}/${unit.name}`;
}
