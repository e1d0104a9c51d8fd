/**
 * Parts of long lists.
 *
 * @module
 */
import type { ListAnswer } from './answers.ts';

/** Which part of a list is asked for. */
export interface Part {
  /** Only what holds this text, in upper or lower case; empty: everything. */
  readonly filter: string;
  /** From 0; after the end, the last part is given. */
  readonly offset: number;
}

/** Most rows in an answer. */
export const MOST_ROWS = 50;

/** @param items those that match the filter, in order. */
export function partOf<Item, Row>(
  items: readonly Item[],
  { total, offset: wanted, row }: { total: number; offset: number; row: (item: Item) => Row },
): ListAnswer<Row> {
  const lastPart = Math.max(0, Math.ceil(items.length / MOST_ROWS) - 1) * MOST_ROWS;
  const offset = Math.min(wanted, lastPart);
  return {
    rows: items.slice(offset, offset + MOST_ROWS).map(row),
    offset,
    limit: MOST_ROWS,
    matching: items.length,
    total,
  };
}

/** Whether the text holds the filter. */
export function matches(text: string, filter: string): boolean {
  return filter === '' || text.toLowerCase().includes(filter.toLowerCase());
}
