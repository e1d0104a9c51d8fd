/**
 * Figures as text.
 *
 * @module
 */

/** Of some times, in milliseconds; undefined: there were none. */
export interface Spread {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly max: number | undefined;
}

export function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number | undefined => sorted[Math.ceil(sorted.length * share) - 1];
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), max: sorted.at(-1) };
}

export function spreadText({ p50, p90, max }: Spread): string {
  const all = [p50, p90, max].flatMap((time) => (time === undefined ? [] : [seconds(time)]));
  return all.length === 0 ? '–' : all.join(', ');
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, head.map(() => '---'), ...rows];
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
