/**
 * Numbers, times and words. Pure.
 *
 * @module
 */

const NUMBERS = new Intl.NumberFormat('en');

/** @param {number} value */
export function number(value) {
  return NUMBERS.format(value);
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** @type {readonly (readonly [number, string])[]} */
const SPANS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/**
 * The largest unit and the next, as `resource-policy explain` writes spans: `45s`, `3m12s`, `2d4h`.
 *
 * @param {number} ms
 */
export function span(ms) {
  let rest = Math.max(0, Math.floor(ms / 1_000));
  const first = SPANS.findIndex(([size]) => rest >= size);
  if (first === -1) return '0s';
  let text = '';
  for (const [size, unit] of SPANS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

/** @type {Readonly<Record<string, string>>} */
const KINDS = {
  ecs: 'ECS, real nodes',
  eci: 'ECI, virtual nodes',
  acs: 'ACS, virtual nodes',
  elastic: 'elastic, real nodes that are added',
  any: 'nodes of any kind',
};

/** @param {string} resource */
export function kindText(resource) {
  return KINDS[resource] ?? resource;
}

/** @param {readonly (readonly [string, string])[]} labels */
export function labelsText(labels) {
  return labels.map(([label, value]) => `${label}=${value}`).join(', ');
}
