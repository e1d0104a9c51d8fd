/**
 * Units as bars: places taken, places held for pods on their way, the limit, and the pods that wait for the unit.
 *
 * @module
 */
import { h } from './dom.js';
import { counted, kindText, number } from './text.js';

/** @typedef {import('../answers.ts').UnitRow} UnitRow */
/** @typedef {import('./dom.js').Described} Described */

/**
 * The units under one another, on one scale, and below them the pods that wait.
 *
 * @param {readonly UnitRow[]} units
 * @param {object} options
 * @param {number} options.waiting Pods that hold no place in any of them.
 * @param {number} options.groups Groups that share each unit; 1 where limits hold for all pods together.
 * @param {boolean} [options.isBrief] Without what a list has no room for.
 */
export function unitBars(units, { waiting, groups, isBrief = false }) {
  const scale = Math.max(1, waiting, ...units.map(extentOf));
  return h(
    'ul',
    {
      class: isBrief ? 'units brief' : 'units',
      attrs: { 'aria-label': 'Units, in the order in which they are filled' },
    },
    units.map((unit) =>
      h(
        'li',
        { key: `${unit.number}`, class: `unit ${unit.resource}` },
        h(
          'span',
          { class: 'unit-name' },
          h('span', { class: 'order' }, String(unit.number)),
          swatch(unit.resource),
          unitName(unit.name),
        ),
        bar(unit, scale),
        figures(unit, groups, isBrief),
      ),
    ),
    waiting > 0 &&
      h(
        'li',
        { key: 'waiting', class: 'unit' },
        h(
          'span',
          { class: 'unit-name' },
          h('span', { class: 'order' }),
          h('span', { class: 'text' }, 'waiting'),
        ),
        h(
          'span',
          { class: 'bar', attrs: { 'aria-hidden': 'true' } },
          h('span', { class: 'wait', vars: { '--size': share(waiting, scale) } }),
        ),
        h(
          'span',
          { class: 'figures' },
          h('strong', {}, number(waiting)),
          ' ',
          h('span', { class: 'aside' }, waiting === 1 ? 'pod without a place' : 'pods without a place'),
        ),
      ),
  );
}

/**
 * One unit in a cell of a table.
 *
 * @param {UnitRow} unit
 * @param {number} used Places that a group has taken.
 */
export function smallBar(unit, used) {
  const max = unit.maxPerGroup;
  const isFull = max !== undefined && used >= max;
  const figure = max === undefined ? number(used) : `${number(used)}/${number(max)}`;
  return h(
    'span',
    { class: `small ${unit.resource}` },
    h('span', { class: isFull ? 'small-figure full' : 'small-figure' }, figure),
    max !== undefined &&
      h(
        'span',
        { class: 'bar', attrs: { 'aria-hidden': 'true' } },
        h(
          'span',
          { class: 'track', vars: { '--size': '100%' } },
          h('span', { class: 'used', vars: { '--size': share(used, Math.max(1, max)) } }),
        ),
      ),
  );
}

/**
 * The kind of nodes, and apart from it what they are selected by: `ecs(kubernetes.io/arch=amd64)` is long.
 *
 * @param {string} name
 */
export function unitName(name) {
  const [, kind = name, selector = '', rest = ''] = /^([^(]+)\((.*)\)(.*)$/.exec(name) ?? [];
  return h(
    'span',
    { class: 'text', attrs: { title: name } },
    kind + rest,
    selector !== '' && h('span', { class: 'selector' }, selector),
  );
}

/** @param {string} resource */
export function swatch(resource) {
  return h('span', { class: `swatch ${resource}`, attrs: { 'aria-hidden': 'true' } });
}

/** @param {readonly UnitRow[]} units */
export function legend(units) {
  const resources = [...new Set(units.map(({ resource }) => resource))];
  return h(
    'ul',
    { class: 'legend', attrs: { 'aria-label': 'Legend' } },
    resources.map((resource) => h('li', { key: resource }, swatch(resource), kindText(resource))),
    h(
      'li',
      { key: '-held' },
      h('span', { class: 'swatch held', attrs: { 'aria-hidden': 'true' } }),
      'on its way',
    ),
    h(
      'li',
      { key: '-max' },
      h('span', { class: 'swatch max', attrs: { 'aria-hidden': 'true' } }),
      'free, up to max',
    ),
    h(
      'li',
      { key: '-wait' },
      h('span', { class: 'swatch waiting', attrs: { 'aria-hidden': 'true' } }),
      'waiting',
    ),
  );
}

/**
 * @param {UnitRow} unit
 * @param {number} scale
 */
function bar(unit, scale) {
  const { used, held, max, waiting } = unit;
  const inside = max === undefined ? used : Math.max(max, used);
  const said = spoken(unit);
  /** @type {Record<string, string>} */
  const attrs =
    max === undefined
      ? { role: 'img', 'aria-label': said }
      : {
          role: 'meter',
          'aria-label': `unit ${unit.number} ${unit.name}`,
          'aria-valuemin': '0',
          'aria-valuemax': String(Math.max(max, used)),
          'aria-valuenow': String(used),
          'aria-valuetext': said,
        };
  return h(
    'span',
    {
      class: ['bar', max === undefined ? 'open' : '', used === 0 ? 'none' : ''].filter(Boolean).join(' '),
      attrs: { ...attrs, title: said },
    },
    h(
      'span',
      { class: 'track', vars: { '--size': share(inside, scale) } },
      h('span', { class: 'used', vars: { '--size': share(used - held, Math.max(1, inside)) } }),
      held > 0 && h('span', { class: 'held', vars: { '--size': share(held, Math.max(1, inside)) } }),
    ),
    waiting > 0 && h('span', { class: 'wait', vars: { '--size': share(waiting, scale) } }),
  );
}

/**
 * @param {UnitRow} unit
 * @param {number} groups
 * @param {boolean} isBrief
 */
function figures(unit, groups, isBrief) {
  const { used, max, maxPerGroup, fullGroups, resources, waiting, nodes } = unit;
  const isFull = max !== undefined && used >= max;
  const asides = [
    groups > 1 && maxPerGroup !== undefined && !isBrief
      ? `${number(maxPerGroup)} per group, ${fullGroups === 0 ? 'none' : number(fullGroups)} of ${number(groups)} full`
      : undefined,
    max === undefined ? 'no limit' : undefined,
    ...resources,
    waiting > 0 ? `${number(waiting)} waiting for it` : undefined,
    isBrief ? undefined : counted(nodes, 'node'),
  ].filter((aside) => aside !== undefined);
  return h(
    'span',
    { class: 'figures' },
    h('strong', {}, number(used)),
    ' ',
    max !== undefined && h('span', { class: 'of' }, `/ ${number(max)}`),
    ' ',
    isFull && h('span', { class: 'tag full' }, max === 0 ? 'closed' : 'full'),
    ' ',
    asides.length > 0 && h('span', { class: 'aside' }, asides.join(' · ')),
  );
}

/** @param {UnitRow} unit */
function spoken({ name, used, held, max, waiting }) {
  const of =
    max === undefined
      ? `${counted(used, 'place')} taken, no limit`
      : `${number(used)} of ${counted(max, 'place')} taken`;
  return [
    `${name}: ${of}`,
    ...(held > 0 ? [`${number(held)} of them for pods on their way`] : []),
    ...(max !== undefined && used >= max ? ['full'] : []),
    ...(waiting > 0 ? [`${counted(waiting, 'pod')} waiting for it`] : []),
  ].join(', ');
}

/** @param {UnitRow} unit */
function extentOf({ used, max = 0, waiting }) {
  return Math.max(used, max) + waiting;
}

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  return `${Math.min(100, Math.max(0, (100 * part) / whole)).toFixed(2)}%`;
}
