/**
 * Figures as text.
 *
 * @module
 */
import type { Spread } from './statistics.ts';

/** Three digits that count, thousands with commas: 0.0123, 1.23, 12.3, 1,235. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** A dash where there is none. */
export function optional(value: number | undefined): string {
  return value === undefined ? '–' : figure(value);
}

/** `410 (398–421)`; without the range when there is one value. */
export function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  const { median, min, max } = spread;
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;
}

/**
 * Columns as wide as their widest cell; the first stands to the left, the others to the right.
 *
 * @param header each title is broken into lines at its line breaks
 */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = headerLines(header);
  const all = [...titles, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [...titles.map(line), rule, ...rows.map(line)].join('\n');
}

/** The last lines of all titles stand beside each other. */
function headerLines(header: readonly string[]): readonly (readonly string[])[] {
  const broken = header.map((title) => title.split('\n'));
  const height = Math.max(...broken.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) =>
    broken.map((lines) => lines[row - (height - lines.length)] ?? ''),
  );
}
