/**
 * Aligned columns for a terminal, coloured there and plain in a pipe.
 *
 * @module
 */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** A cell, coloured when a style is given. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** Colours the text if standard output is a terminal that wants colours (NO_COLOR is respected). */
export function coloured(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Lines with the header and the rows, columns as wide as their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => plain(row[column] ?? '').length)),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, column) => {
        const isLast = column === cells.length - 1;
        const padding = isLast ? '' : ' '.repeat((widths[column] ?? 0) - plain(cell).length);
        return (typeof cell === 'string' ? cell : coloured(cell.style, cell.text)) + padding;
      })
      .join('   ');
  return [coloured('bold', line(header)), ...rows.map((row) => line(row))].join('\n');
}

function plain(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
