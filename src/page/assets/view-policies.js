/**
 * All policies.
 *
 * @module
 */
import { legend, unitBars } from './bars.js';
import { h } from './dom.js';
import { filterBox, pager } from './list.js';
import { hashOf } from './route.js';
import { counted, number } from './text.js';

/** @typedef {import('../answers.ts').PoliciesAnswer} PoliciesAnswer */
/** @typedef {import('../answers.ts').PolicyRow} PolicyRow */
/** @typedef {import('./route.js').Route} Route */

/**
 * @param {PoliciesAnswer} answer
 * @param {Route} route
 */
export function policiesView(answer, route) {
  const { rows, total, waiting } = answer;
  const heading = h('h1', { key: 'title', attrs: { tabindex: '-1' } }, 'Policies');
  if (total === 0) return [heading, noPolicies()];
  return [
    h(
      'div',
      { key: 'head', class: 'head' },
      heading,
      h(
        'p',
        { class: 'lead' },
        `${counted(total, 'policy', 'policies')}, `,
        waiting === 0 ? 'no pod waits' : h('strong', {}, counted(waiting, 'pod waits', 'pods wait')),
      ),
      filterBox(route, 'Filter policies'),
    ),
    legend(rows.flatMap(({ units }) => units)),
    rows.length === 0
      ? h('p', { key: 'none', class: 'empty' }, `No policy has “${route.filter}” in its name or namespace.`)
      : h('ul', { key: 'policies', class: 'policies' }, rows.map(policyCard)),
    pager(route, answer, 'policies'),
  ];
}

/** @param {PolicyRow} policy */
function policyCard({ namespace, name, units, waiting, groups, isGrouped, troubles }) {
  return h(
    'li',
    { key: `${namespace}/${name}`, class: 'card policy' },
    h(
      'div',
      { class: 'policy-name' },
      h('h2', {}, h('a', { attrs: { href: hashOf({ namespace, policy: name }) } }, name)),
      h('p', { class: 'muted' }, namespace, isGrouped && ` · ${counted(groups, 'group')}`),
      h(
        'p',
        { class: 'tags' },
        waiting > 0 && h('span', { class: 'tag waiting' }, `${number(waiting)} waiting`),
        troubles.map((trouble) => h('span', { key: trouble, class: 'tag trouble' }, trouble)),
      ),
    ),
    unitBars(units, { waiting, groups: isGrouped ? Math.max(1, groups) : 1, isBrief: true }),
  );
}

function noPolicies() {
  return h(
    'div',
    { key: 'empty', class: 'card empty' },
    h('h2', {}, 'There are no policies yet'),
    h(
      'p',
      {},
      'This cluster has no ResourcePolicy. With the first one, its units and their pods are shown here.',
    ),
    h('pre', {}, h('code', {}, 'kubectl apply -f resourcepolicy.yaml')),
  );
}
