/**
 * One policy: its units, what is wrong with it, and its groups.
 *
 * @module
 */
import { legend, smallBar, unitBars } from './bars.js';
import { h } from './dom.js';
import { filterBox, pager, table } from './list.js';
import { hashOf, OUTSIDE } from './route.js';
import { counted, labelsText, number, span } from './text.js';

/** @typedef {import('../answers.ts').PolicyAnswer} PolicyAnswer */
/** @typedef {import('./route.js').Route} Route */

/**
 * @param {PolicyAnswer} answer
 * @param {Route} route
 * @param {number} nowMs On the server's clock.
 */
export function policyView(answer, route, nowMs) {
  const { policy, groups, troubles } = answer;
  const { namespace, name, units, waiting, isGrouped } = policy;
  return [
    h(
      'div',
      { key: 'head', class: 'head' },
      h('h1', { key: 'title', attrs: { tabindex: '-1' } }, name),
      h(
        'p',
        { class: 'lead' },
        `ResourcePolicy in ${namespace}, created ${span(nowMs - answer.createdMs)} ago`,
      ),
    ),
    troubles.length > 0 &&
      h(
        'ul',
        {
          key: 'troubles',
          class: 'troubles',
          attrs: { 'aria-label': 'What is to be said about this policy' },
        },
        troubles.map(({ type, message }) =>
          h('li', { key: type }, h('span', { class: 'tag trouble' }, type), h('span', {}, message)),
        ),
      ),
    h(
      'section',
      { key: 'units', class: 'card', attrs: { 'aria-labelledby': 'units-title' } },
      h('h2', { attrs: { id: 'units-title' } }, 'Units'),
      unitBars(units, { waiting, groups: isGrouped ? Math.max(1, policy.groups) : 1 }),
      legend(units),
    ),
    facts(answer),
    h(
      'section',
      { key: 'groups', class: 'card', attrs: { 'aria-labelledby': 'groups-title' } },
      h(
        'div',
        { class: 'section-head' },
        h(
          'h2',
          { attrs: { id: 'groups-title' } },
          isGrouped ? `Groups by ${answer.matchLabelKeys.join(', ')}` : 'Pods',
        ),
        isGrouped && filterBox(route, 'Filter groups'),
      ),
      answer.outside > 0 &&
        h(
          'p',
          { key: 'outside' },
          h(
            'a',
            { attrs: { href: hashOf({ namespace, policy: name, group: OUTSIDE }) } },
            `${counted(answer.outside, 'waiting pod')} in no group`,
          ),
        ),
      ...groupTable(answer, route),
      pager(route, groups, 'groups'),
    ),
  ];
}

/** @param {PolicyAnswer} answer */
function facts({ selects, matchLabelKeys, tryNext, timeout, preemptPolicy }) {
  /** @type {readonly (readonly [string, string])[]} */
  const rows = [
    ['Selects', selects.length === 0 ? 'every pod of the namespace' : selects.join(', ')],
    [
      'Limits hold',
      matchLabelKeys.length === 0 ? 'for all of its pods together' : `for each ${matchLabelKeys.join(', ')}`,
    ],
    ['Next unit', `${tryNext} (timeout ${timeout})`],
    ['Preemption', preemptPolicy],
  ];
  return h(
    'dl',
    { key: 'facts', class: 'facts across' },
    rows.map(([label, text]) => h('div', { key: label }, h('dt', {}, label), h('dd', {}, text))),
  );
}

/**
 * @param {PolicyAnswer} answer
 * @param {Route} route
 */
function groupTable({ policy, groups }, route) {
  const { namespace, name, units, isGrouped } = policy;
  if (groups.rows.length === 0) {
    const text =
      route.filter === ''
        ? 'No pod that this policy selects is there now.'
        : `No group has “${route.filter}” in its labels.`;
    return [h('p', { key: 'none', class: 'empty' }, text)];
  }
  const columns = [
    { text: isGrouped ? 'Group' : 'All pods' },
    ...units.map((unit) => ({ text: `${unit.number} ${unit.name}` })),
    { text: 'Waiting', class: 'number' },
  ];
  const rows = groups.rows.map(({ key, labels, used, waiting }) =>
    h(
      'tr',
      { key: `group ${key}` },
      h(
        'th',
        { attrs: { scope: 'row' } },
        h(
          'a',
          { attrs: { href: hashOf({ namespace, policy: name, group: key }) } },
          isGrouped ? valuesText(labels) : 'Show the pods',
        ),
      ),
      units.map((unit, index) => h('td', { key: String(unit.number) }, smallBar(unit, used[index] ?? 0))),
      h('td', { class: 'number' }, waiting > 0 ? h('span', { class: 'tag waiting' }, number(waiting)) : '0'),
    ),
  );
  return [table(isGrouped ? 'Groups' : 'Pods', columns, rows)];
}

/**
 * The key of a label that all have is not said again and again.
 *
 * @param {readonly (readonly [string, string])[]} labels
 */
function valuesText(labels) {
  const [only] = labels;
  if (labels.length === 1 && only !== undefined) return only[1] === '' ? '(empty)' : only[1];
  return labelsText(labels);
}
