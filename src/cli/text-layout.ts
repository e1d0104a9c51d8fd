/**
 * Plain text for a terminal: tables, labelled paragraphs, spans of time and amounts. Nothing is cut off: the last column
 * and every paragraph wrap.
 *
 * @module
 */

const GAP = '  ';
/** A last column gets this much, however wide those before it are. */
const LEAST_WIDTH = 24;
/** Labels of several sections under one another line up. */
const LABEL_WIDTH = 9;

/** Lines with the header and the rows. A cell may hold line breaks; the last column also wraps under itself. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const last = header.length - 1;
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.split('\n')));
  const widths = header
    .slice(0, last)
    .map((_, column) => Math.max(...cells.map((row) => longest(row[column] ?? []))));
  const before = widths.reduce((sum, column) => sum + column + GAP.length, 0);
  return cells.flatMap((row) => {
    const wrapped = (row[last] ?? []).flatMap((line) => wrap(line, Math.max(width - before, LEAST_WIDTH)));
    const height = Math.max(wrapped.length, ...row.slice(0, last).map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => {
      const cellsBefore = widths.map(
        (columnWidth, column) => (row[column]?.[line] ?? '').padEnd(columnWidth) + GAP,
      );
      return (cellsBefore.join('') + (wrapped[line] ?? '')).trimEnd();
    });
  });
}

function longest(lines: readonly string[]): number {
  return Math.max(0, ...lines.map(({ length }) => length));
}

/** Paragraphs under one another, each beside its label; those without text are left out. */
export function labelled(
  paragraphs: readonly (readonly [label: string, text: string | undefined])[],
  width: number,
): readonly string[] {
  const rows = paragraphs.filter(
    (row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '',
  );
  const [, ...lines] = table([' '.repeat(LABEL_WIDTH), ''], rows, width);
  return lines;
}

/** Breaks at spaces, and a word that is longer than the width after `/`, `=`, `,` or `:`, which label names have. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const [first = '', ...rest] = pieces(word, width);
    if (line !== '' && line.length + 1 + first.length > width) {
      lines.push(line);
      line = first;
    } else {
      line = line === '' ? first : `${line} ${first}`;
    }
    for (const piece of rest) {
      lines.push(line);
      line = piece;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): readonly string[] {
  if (word.length <= width) return [word];
  const merged: string[] = [];
  for (const part of word.split(/(?<=[/=,:])/)) {
    const before = merged.at(-1);
    if (before !== undefined && before.length + part.length <= width)
      merged[merged.length - 1] = before + part;
    else merged.push(part);
  }
  return merged;
}

const SPANS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** The two largest units, such as `45s`, `3m12s` or `2d4h`; less than a second, and the future, are `0s`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const first = SPANS.findIndex(([size]) => seconds >= size);
  if (first === -1) return '0s';
  let rest = seconds;
  let text = '';
  for (const [size, unit] of SPANS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

const SIZES: readonly (readonly [bytes: number, suffix: string])[] = [
  [1024 ** 4, 'Ti'],
  [1024 ** 3, 'Gi'],
  [1024 ** 2, 'Mi'],
  [1024, 'Ki'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const IN_BYTES = /^(memory|ephemeral-storage|hugepages-.*)$/;

/** An amount of `parseAmount` as a quantity, exactly: 1500 of cpu is `1500m`, 8589934592 of memory `8Gi`. */
export function amountText(resource: string, amount: number): string {
  if (resource === 'cpu') return amount % 1_000 === 0 ? String(amount / 1_000) : `${amount}m`;
  if (!IN_BYTES.test(resource) || amount === 0) return String(amount);
  const [size, suffix] = SIZES.find(([bytes]) => amount % bytes === 0) ?? [1, ''];
  return `${amount / size}${suffix}`;
}
