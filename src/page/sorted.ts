/**
 * Sorting in slices: merge sort, as Array's own cannot stop in between.
 *
 * @module
 */
import type { Task } from './slices.ts';

/** Items that are sorted or merged at a stretch, in some ten microseconds. */
const STRETCH = 64;

/** The items in order; `compare` as for Array.sort, equal items stay as they were. */
export function* sorted<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Task<readonly Item[]> {
  let runs: Item[][] = [];
  for (let at = 0; at < items.length; at += STRETCH) {
    runs.push(items.slice(at, at + STRETCH).toSorted(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* merge(runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Task<Item[]> {
  const merged: Item[] = [];
  let [fromLeft, fromRight] = [0, 0];
  while (fromLeft < left.length || fromRight < right.length) {
    const [a, b] = [left[fromLeft], right[fromRight]];
    if (b === undefined || (a !== undefined && compare(a, b) <= 0)) {
      if (a !== undefined) merged.push(a);
      fromLeft += 1;
    } else {
      merged.push(b);
      fromRight += 1;
    }
    if (merged.length % STRETCH === 0) yield;
  }
  return merged;
}
