/**
 * Colours that people with any colour vision tell apart (Okabe and Ito), and what they stand for.
 *
 * @module
 */

const COLOURS = {
  grey: '#6e6e6e',
  orange: '#e69f00',
  sky: '#56b4e9',
  green: '#009e73',
  yellow: '#d4c400',
  blue: '#0072b2',
  red: '#d55e00',
  pink: '#cc79a7',
} as const;

const OF_BASE: Readonly<Record<string, string>> = {
  alone: COLOURS.grey,
  affinity: COLOURS.yellow,
  'noop-all': COLOURS.pink,
  'noop-same': COLOURS.orange,
  'noop-same-bind': COLOURS.red,
  'ours-filter': COLOURS.sky,
  'ours-filter-bind': COLOURS.blue,
  'ours-admission': COLOURS.green,
};

export const UNIT_COLOURS = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.pink];
export const PROCESS_COLOURS = [
  COLOURS.orange,
  COLOURS.sky,
  COLOURS.grey,
  COLOURS.green,
  COLOURS.blue,
  COLOURS.pink,
];

/** The colour is that of the base; dashes tell the sampling and whether pods wait. */
export function variantStyle(id: string): { readonly colour: string; readonly dash: readonly number[] } {
  const [base = ''] = id.split('@');
  const colour = OF_BASE[base] ?? COLOURS.grey;
  if (id.endsWith('/no-waiting')) return { colour, dash: [2, 3] };
  return { colour, dash: id.includes('@100') ? [8, 4] : [] };
}
