/**
 * How long it takes after a fault until pods are placed again.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checker } from './checker.ts';
import type { State } from './placeable.ts';
import { placeablePods } from './placeable.ts';

export interface Recovery {
  /** Milliseconds until the next pod was placed; undefined: there was nothing to be placed, or none was in time. */
  readonly nextMs: number | undefined;
  /** There was something to be placed, and nothing was. */
  readonly isLate: boolean;
}

export interface Watching {
  readonly checker: Pick<Checker, 'lastPlacedMs'> & State;
  /** Longest wait for the next placement. */
  readonly patienceMs: number;
  /** How long there must be nothing to place before none is awaited any more. */
  readonly idleMs: number;
  readonly now: () => number;
}

const LOOK_EVERY_MS = 50;

/** Call it when a fault has just ended. */
export async function recovery({ checker, patienceMs, idleMs, now }: Watching): Promise<Recovery> {
  const endedMs = now();
  let idleSinceMs: number | undefined;
  while (now() - endedMs < patienceMs) {
    if (checker.lastPlacedMs > endedMs) {
      return { nextMs: checker.lastPlacedMs - endedMs, isLate: false };
    }
    if (placeablePods(checker).length > 0) idleSinceMs = undefined;
    else idleSinceMs ??= now();
    if (idleSinceMs !== undefined && now() - idleSinceMs >= idleMs) {
      return { nextMs: undefined, isLate: false };
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { nextMs: undefined, isLate: true };
}
