/**
 * A line chart as SVG, for documents: no script, no font but the reader's, readable on light and dark ground.
 *
 * @module
 */

export interface Line {
  readonly name: string;
  readonly color: string;
  /** x and y; x ascending. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Chart {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  readonly lines: readonly Line[];
}

const WIDTH = 860;
const HEIGHT = 340;
const MARGIN = { top: 44, right: 24, bottom: 48, left: 64 };
const TICKS = 6;

/** @throws {RangeError} when there is no point. */
export function toSvg({ title, xName, yName, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) throw new RangeError('nothing to draw');
  const xStep = niceStep(Math.max(...points.map(([x]) => x)) / TICKS);
  const yStep = niceStep(Math.max(...points.map(([, y]) => y)) / TICKS);
  const xMost = Math.max(...points.map(([x]) => x), xStep);
  const yMost = Math.ceil(Math.max(...points.map(([, y]) => y)) / yStep) * yStep || yStep;
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const down = HEIGHT - MARGIN.top - MARGIN.bottom;
  const x = (value: number): string => (MARGIN.left + (value / xMost) * across).toFixed(1);
  const y = (value: number): string => (MARGIN.top + down - (value / yMost) * down).toFixed(1);
  const bottom = MARGIN.top + down;
  const right = MARGIN.left + across;
  const rows = range(0, yMost, yStep).map(
    (value) =>
      `<path d="M${MARGIN.left} ${y(value)}H${right}" stroke="#8886"/>` +
      text(MARGIN.left - 8, Number(y(value)) + 4, String(value), 'end'),
  );
  const columns = range(0, xMost, xStep).map((value) =>
    text(Number(x(value)), bottom + 18, String(value), 'middle'),
  );
  const curves = lines.map(
    ({ points: own, color }) =>
      `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${own.map(([a, b]) => `${x(a)},${y(b)}`).join(' ')}"/>`,
  );
  const legend = lines.map(({ name, color }, index) => {
    const left = MARGIN.left + index * 180;
    return `<rect x="${left}" y="26" width="14" height="3" fill="${color}"/>${text(left + 20, 31, name, 'start')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#888">`,
    `<title>${escaped(title)}</title>`,
    text(MARGIN.left, 16, title, 'start'),
    ...legend,
    ...rows,
    ...columns,
    text(right, bottom + 36, xName, 'end'),
    text(MARGIN.left - 8, MARGIN.top - 6, yName, 'end'),
    ...curves,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** 1, 2 or 5 times a power of ten, at least the given one. */
function niceStep(least: number): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((each) => each * power >= least) ?? 10;
  return factor * power;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, index) =>
    Number((from + index * step).toPrecision(12)),
  );
}
