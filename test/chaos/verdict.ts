/**
 * What was right and wrong when all faults were over.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checker, Overshoot } from './checker.ts';
import { nameOf } from './checker.ts';
import { groupsWithWaiting, outrankedPods, placeablePods } from './placeable.ts';

export interface Verdict {
  readonly overshoots: readonly Overshoot[];
  /** Pods on nodes of no unit of their policy. */
  readonly strays: readonly string[];
  /** Pods that wait although they could be placed, with what kube-scheduler says. */
  readonly stuck: readonly string[];
  /** Urgent pods that wait behind others. */
  readonly outranked: readonly string[];
  /** Groups with waiting pods: in each of them every unit is exactly full, or there are stuck pods. */
  readonly fullGroups: number;
  readonly waiting: number;
  readonly victims: number;
  readonly urgentPlaced: number;
  /** From the end of the faults until everything was right, in milliseconds; undefined: it never was. */
  readonly settledMs: number | undefined;
}

/** Times in milliseconds. */
export interface Patience {
  /** Without any placement for so long, pods that wait are stuck. */
  readonly idleMs: number;
  /** The most it may take in all. */
  readonly timeoutMs: number;
  /** For how long everything must be right. */
  readonly calmMs: number;
}

/** Waits until every pod is placed or rightly waits; the history must be told meanwhile. */
export async function settle(checker: Checker, { idleMs, timeoutMs, calmMs }: Patience): Promise<Verdict> {
  const startedMs = performance.now();
  let calmSinceMs: number | undefined;
  for (;;) {
    const nowMs = performance.now();
    const isRight = placeablePods(checker).length === 0 && outrankedPods(checker).length === 0;
    calmSinceMs = isRight ? (calmSinceMs ?? nowMs) : undefined;
    if (calmSinceMs !== undefined && nowMs - calmSinceMs >= calmMs)
      return verdict(checker, calmSinceMs - startedMs);
    const isIdle = nowMs - Math.max(checker.lastPlacedMs, startedMs) >= idleMs;
    if (isIdle || nowMs - startedMs >= timeoutMs) return verdict(checker, undefined);
    await sleep(250);
  }
}

function verdict(checker: Checker, settledMs: number | undefined): Verdict {
  const groups = [...checker.groups];
  const withWaiting = groupsWithWaiting(checker);
  const stuck = placeablePods(checker);
  const stuckGroups = new Set(stuck.map((pod) => withWaiting.find(({ waiting }) => waiting.has(pod))));
  return {
    overshoots: checker.overshoots,
    strays: checker.strays,
    stuck: stuck.map((pod) => `${nameOf(pod)}: ${pod.waitReason || 'never looked at'}`),
    outranked: outrankedPods(checker).map(nameOf),
    fullGroups: withWaiting.length - stuckGroups.size,
    waiting: withWaiting.reduce((sum, { waiting }) => sum + waiting.size, 0),
    victims: groups.reduce((sum, { victims }) => sum + victims, 0),
    urgentPlaced: groups.reduce((sum, { placed }) => sum + placed.urgent, 0),
    settledMs,
  };
}

/** What was promised and not kept; empty: all is well. */
export function brokenIn({ overshoots, strays, stuck, outranked }: Verdict): string[] {
  return lines({
    'times a unit was over its limits': overshoots.length,
    'pods on nodes of no unit': strays.length,
    'pods stuck': stuck.length,
    'urgent pods waiting behind others': outranked.length,
  });
}

/** A line for each number that is not zero. */
export function lines(numbers: Readonly<Record<string, number>>): string[] {
  return Object.entries(numbers).flatMap(([what, number]) => (number === 0 ? [] : [`${number} ${what}`]));
}
