/**
 * What long lists have in common: a filter above them, and a part of them at a time.
 *
 * @module
 */
import { h } from './dom.js';
import { hashOf } from './route.js';
import { number } from './text.js';

/** @typedef {import('./route.js').Route} Route */
/** @typedef {Omit<import('../answers.ts').ListAnswer<unknown>, 'rows'>} Part */

/** After the last key, so that a word is asked for once. */
const AFTER_MS = 250;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

/**
 * @param {Route} route
 * @param {string} label
 */
export function filterBox(route, label) {
  return h(
    'label',
    { key: 'filter', class: 'filter' },
    h('span', {}, label),
    h('input', {
      value: route.filter,
      attrs: {
        type: 'search',
        maxlength: '100',
        autocomplete: 'off',
        spellcheck: 'false',
        'data-filter': '',
      },
      oninput: ({ target }) => {
        clearTimeout(typing);
        if (!(target instanceof HTMLInputElement)) return;
        typing = setTimeout(() => {
          // Takes the place of the address before: whoever goes back wants to leave, not to unwrite a word.
          location.replace(hashOf({ ...route, filter: target.value.trim(), from: 0 }));
        }, AFTER_MS);
      },
    }),
    h('kbd', { attrs: { 'aria-hidden': 'true' } }, '/'),
  );
}

/**
 * @param {Route} route
 * @param {Part} part
 * @param {string} what
 */
export function pager(route, { offset, limit, matching, total }, what) {
  if (matching <= limit && offset === 0) {
    return (
      matching < total &&
      h('p', { class: 'pager', attrs: { role: 'status' } }, `${number(matching)} of ${number(total)} ${what}`)
    );
  }
  const last = Math.min(offset + limit, matching);
  const of = `${number(matching)}${matching < total ? ` of ${number(total)}` : ''}`;
  return h(
    'nav',
    { class: 'pager', attrs: { 'aria-label': `Parts of the list of ${what}` } },
    step('Previous', offset > 0 ? hashOf({ ...route, from: Math.max(0, offset - limit) }) : undefined),
    h('span', { attrs: { role: 'status' } }, `${number(offset + 1)}–${number(last)} of ${of} ${what}`),
    step('Next', last < matching ? hashOf({ ...route, from: offset + limit }) : undefined),
  );
}

/**
 * @param {string} text
 * @param {string | undefined} href
 */
function step(text, href) {
  return href === undefined
    ? h('span', { key: text, class: 'button off', attrs: { 'aria-hidden': 'true' } }, text)
    : h('a', { key: text, class: 'button', attrs: { href } }, text);
}

/**
 * A table; wide ones scroll within themselves.
 *
 * @param {string} name
 * @param {readonly { readonly text: string, readonly class?: string }[]} columns
 * @param {readonly import('./dom.js').Described[]} rows
 */
export function table(name, columns, rows) {
  return h(
    'div',
    { class: 'scroll', attrs: { role: 'region', 'aria-label': name, tabindex: '0' } },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, name),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map(({ text, class: kind }, index) =>
            h(
              'th',
              { key: String(index), ...(kind === undefined ? {} : { class: kind }), attrs: { scope: 'col' } },
              text,
            ),
          ),
        ),
      ),
      h('tbody', {}, rows),
    ),
  );
}
