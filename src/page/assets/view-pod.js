/**
 * Why one pod is where it is, or nowhere, in the words of `resource-policy explain`.
 *
 * @module
 */
import { swatch } from './bars.js';
import { h } from './dom.js';
import { table } from './list.js';
import { hashOf } from './route.js';

/** @typedef {import('../answers.ts').PodAnswer} PodAnswer */
/** @typedef {import('../answers.ts').Section} Section */
/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./dom.js').Described} Described */

/**
 * @param {PodAnswer | undefined} answer
 * @param {Route} route
 * @param {string | undefined} problem Why there is no answer.
 */
export function podView(answer, route, problem) {
  const { pod = '' } = route;
  return h(
    'aside',
    { key: 'explanation', class: 'card explanation', attrs: { 'aria-labelledby': 'pod-title' } },
    h(
      'div',
      { class: 'section-head' },
      h('h2', { attrs: { id: 'pod-title', tabindex: '-1' } }, pod),
      h(
        'a',
        {
          key: 'close',
          class: 'button',
          attrs: { href: hashOf({ ...route, pod: undefined }), 'data-close': '' },
        },
        'Close',
      ),
    ),
    problem !== undefined && h('p', { key: 'problem', class: 'problem' }, problem),
    answer === undefined && problem === undefined && h('p', { key: 'loading', class: 'loading' }, 'Loading…'),
    ...(answer === undefined ? [] : parts(answer)),
  );
}

/** @param {PodAnswer} answer */
function parts({ report, sections }) {
  const { decision, namespace, name } = report;
  return [
    decision !== undefined &&
      h(
        'p',
        { key: 'decision', class: `decision ${decision.outcome}`, attrs: { 'data-decision': '' } },
        decision.text,
      ),
    ...sections.map((section, index) => partOf(section, index, report)),
    h(
      'p',
      { key: 'command', class: 'command muted' },
      'The same in a terminal: ',
      h('code', {}, `resource-policy explain pod/${name} -n ${namespace}`),
    ),
  ];
}

/**
 * @param {Section} section
 * @param {number} index
 * @param {import('../answers.ts').PodAnswer['report']} report
 */
function partOf(section, index, report) {
  if (section.kind === 'facts') {
    // The name is the heading, and the decision stands above.
    const rows = section.rows.filter(([label]) => label !== 'Pod' && label !== 'Decision');
    return h(
      'dl',
      { key: `facts ${index}`, class: 'facts' },
      rows.map(([label, text]) => h('div', { key: label }, h('dt', {}, label), h('dd', {}, text))),
    );
  }
  return h(
    'div',
    { key: `table ${index}` },
    table(
      'Units, as this pod sees them',
      section.header.map((text) => ({ text: sentenceCase(text) })),
      section.rows.map((row, at) => unitRow(row, section.header, report.units[at])),
    ),
  );
}

/**
 * @param {readonly string[]} cells
 * @param {readonly string[]} header
 * @param {import('../answers.ts').PodAnswer['report']['units'][number] | undefined} unit
 * @returns {Described}
 */
function unitRow(cells, header, unit) {
  return h(
    'tr',
    { key: `unit ${cells[0]}`, class: `verdict ${unit?.verdict ?? ''}`.trim() },
    cells.map((cell, column) =>
      h(
        'td',
        { key: String(column), class: column === header.length - 1 ? 'wide' : 'number' },
        column === header.length - 1 && unit !== undefined && swatch(resourceIn(unit.name)),
        cell,
      ),
    ),
  );
}

/**
 * The kind of nodes that a unit's name begins with.
 *
 * @param {string} name
 */
function resourceIn(name) {
  const [kind = ''] = /^(ecs|eci|acs|elastic)\b/.exec(name) ?? [];
  return kind === '' ? 'any' : kind;
}

/** @param {string} text */
function sentenceCase(text) {
  return text.charAt(0) + text.slice(1).toLowerCase();
}
