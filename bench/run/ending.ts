/**
 * When a run is over.
 *
 * @module
 */
import type { PodLog } from '../measure/pod-log.ts';

export interface EndingRule {
  /** Measured pods that are to get a node. */
  readonly expected: number;
  /** Measured pods in all. */
  readonly total: number;
  /** Whether those that got a node are to run, too. */
  readonly untilRunning: boolean;
  readonly stallMs: number;
  readonly limitMs: number;
}

export interface Ending {
  /** Why it ended before it was complete; undefined: it is complete. */
  readonly cutBy: string | undefined;
}

/**
 * A run is complete when every expected pod has its node (and runs, where pods run) and every other one was told that
 * there is none for it. Undefined: it goes on.
 *
 * @param arrivedMs when the last pod was created; undefined: they are still arriving.
 */
export function endingOf(
  log: PodLog,
  { expected, total, untilRunning, stallMs, limitMs }: EndingRule,
  { startMs, arrivedMs, nowMs }: { startMs: number; arrivedMs: number | undefined; nowMs: number },
): Ending | undefined {
  const { bound, running } = log.counts('measured');
  const isPlaced = bound >= expected && (!untilRunning || running >= expected);
  if (arrivedMs !== undefined && isPlaced && (expected >= total || othersWait(log)))
    return { cutBy: undefined };
  if (nowMs - startMs > limitMs) return { cutBy: `the limit of ${limitMs / 1_000} s was over` };
  if (arrivedMs !== undefined && nowMs - Math.max(arrivedMs, log.lastChangeMs) > stallMs) {
    return { cutBy: `nothing happened for ${stallMs / 1_000} s` };
  }
  return undefined;
}

function othersWait(log: PodLog): boolean {
  return log.alive.every(({ boundMs, hasWaited }) => boundMs !== undefined || hasWaited);
}
