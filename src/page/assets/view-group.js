/**
 * One group: its units, its pods, and the explanation of one of them beside.
 *
 * @module
 */
import { legend, swatch, unitBars, unitName } from './bars.js';
import { h } from './dom.js';
import { filterBox, pager, table } from './list.js';
import { hashOf } from './route.js';
import { number, span } from './text.js';

/** @typedef {import('../answers.ts').GroupAnswer} GroupAnswer */
/** @typedef {import('../answers.ts').PodRow} PodRow */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./dom.js').Described} Described */

/** @type {Readonly<Record<PodRow['state'], string>>} */
const STATES = { waiting: 'waiting', placing: 'on its way', placed: 'placed', leaving: 'leaving' };

/**
 * @param {GroupAnswer} answer
 * @param {Route} route
 * @param {object} options
 * @param {number} options.nowMs On the server's clock.
 * @param {Described | undefined} options.explanation Of the pod that is chosen.
 */
export function groupView(answer, route, { nowMs, explanation }) {
  const { policy, group, pods } = answer;
  return [
    h(
      'div',
      { key: 'head', class: 'head' },
      h('h1', { key: 'title', attrs: { tabindex: '-1' } }, titleOf(answer)),
      group !== undefined &&
        policy.isGrouped &&
        h(
          'p',
          { class: 'lead' },
          `group of ${policy.name}, by ${group.labels.map(([label]) => label).join(', ')}`,
        ),
    ),
    group !== undefined &&
      h(
        'section',
        { key: 'units', class: 'card', attrs: { 'aria-labelledby': 'units-title' } },
        h('h2', { attrs: { id: 'units-title' } }, policy.isGrouped ? 'Units of this group' : 'Units'),
        unitBars(group.units, { waiting: group.waiting, groups: 1 }),
        legend(group.units),
      ),
    h(
      'div',
      { key: 'pods', class: explanation === undefined ? 'beside' : 'beside two' },
      h(
        'section',
        { key: 'list', class: 'card', attrs: { 'aria-labelledby': 'pods-title' } },
        h(
          'div',
          { class: 'section-head' },
          h('h2', { attrs: { id: 'pods-title' } }, `Pods (${number(pods.total)})`),
          filterBox(route, 'Filter pods'),
        ),
        pods.rows.length === 0
          ? h(
              'p',
              { key: 'none', class: 'empty' },
              route.filter === '' ? 'There is no pod here now.' : `No pod has “${route.filter}” in its name.`,
            )
          : table(
              'Pods',
              [{ text: 'Pod' }, { text: 'State' }, { text: 'Where' }, { text: 'Since', class: 'number' }],
              pods.rows.flatMap((pod, index) =>
                podRows(pod, route, { nowMs, isSameWhy: pod.why === pods.rows[index - 1]?.why }),
              ),
            ),
        pager(route, pods, 'pods'),
      ),
      explanation,
    ),
  ];
}

/** @param {GroupAnswer} answer */
function titleOf({ policy, group }) {
  if (group === undefined) return 'Waiting pods in no group';
  if (!policy.isGrouped) return `Pods of ${policy.name}`;
  return group.labels.map(([, value]) => (value === '' ? '(empty)' : value)).join(', ');
}

/**
 * @param {PodRow} pod
 * @param {Route} route
 * @param {object} options
 * @param {number} options.nowMs
 * @param {boolean} options.isSameWhy Whether the reason is that of the row above.
 */
function podRows({ name, state, unit, nodeName, sinceMs, why }, route, { nowMs, isSameWhy }) {
  const isChosen = route.pod === name;
  const isWhyShown = why !== undefined && !isSameWhy;
  const row = h(
    'tr',
    { key: `pod ${name}`, class: [isChosen ? 'chosen' : '', isWhyShown ? 'with-why' : ''].join(' ').trim() },
    h(
      'th',
      { attrs: { scope: 'row' } },
      h(
        'a',
        { attrs: { href: hashOf({ ...route, pod: name }), 'aria-current': isChosen ? 'true' : undefined } },
        name,
      ),
    ),
    h('td', {}, h('span', { class: `tag ${state}` }, STATES[state])),
    h(
      'td',
      { class: 'where' },
      unit !== undefined && h('span', { class: 'unit-chip' }, swatch(unit.resource), unitName(unit.name)),
      nodeName !== undefined && h('span', { class: 'muted' }, nodeName),
      unit === undefined &&
        nodeName === undefined &&
        h('span', { class: 'muted' }, isSameWhy && why !== undefined ? 'same reason' : '–'),
    ),
    h('td', { class: 'number muted' }, sinceMs === undefined ? '–' : span(nowMs - sinceMs)),
  );
  if (!isWhyShown) return [row];
  return [
    row,
    h(
      'tr',
      { key: `why ${name}`, class: isChosen ? 'why chosen' : 'why' },
      h('td', { attrs: { colspan: '4' } }, h('p', {}, why)),
    ),
  ];
}
