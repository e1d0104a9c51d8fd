/**
 * The state of a run every second, as CSV: what a look back needs.
 *
 * @module
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { Checker } from './checker.ts';
import { placeablePods } from './placeable.ts';

const EVERY_MS = 1_000;

/** Writes until the returned function is called. */
export function startTimeline(file: string, checker: Checker): () => void {
  const startedMs = performance.now();
  writeFileSync(file, 'time,seconds,pods,placed,placeable,over\n');
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const { total, placed, overshoots } = checker;
    const figures = [seconds, total, placed, placeablePods(checker).length, overshoots.length];
    appendFileSync(file, `${new Date().toISOString()},${figures.join(',')}\n`);
  }, EVERY_MS);
  return () => clearInterval(timer);
}
