/**
 * What stands around every view: where one is, which replica is shown, and how fresh the view is.
 *
 * @module
 */
import { h } from './dom.js';
import { hashOf, OUTSIDE } from './route.js';
import { span } from './text.js';

/** @typedef {import('../answers.ts').ReplicaAnswer} Replica */
/** @typedef {import('./route.js').Route} Route */

/**
 * @typedef {object} Connection
 * @property {number | undefined} lostMs Since when the server has not answered.
 * @property {number | undefined} shownMs Of when what is shown is.
 */

/**
 * @param {Route} route
 * @param {Replica | undefined} replica
 * @param {Connection} connection
 */
export function frameView(route, replica, connection) {
  return [
    h(
      'div',
      { key: 'brand', class: 'brand' },
      h(
        'a',
        { class: 'name', attrs: { href: '#/', title: 'All policies' } },
        h('span', { class: 'mark', attrs: { 'aria-hidden': 'true' } }),
        'resource-policy',
      ),
      crumbs(route),
    ),
    state(replica, connection),
  ];
}

/** @param {Route} route */
function crumbs({ namespace, policy, group }) {
  if (namespace === undefined || policy === undefined) return undefined;
  const steps = [
    { text: 'Policies', href: hashOf({}) },
    { text: `${namespace}/${policy}`, href: hashOf({ namespace, policy }) },
    ...(group === undefined
      ? []
      : [
          {
            text: group === '' ? 'pods' : group === OUTSIDE ? 'in no group' : group,
            href: hashOf({ namespace, policy, group }),
          },
        ]),
  ];
  return h(
    'nav',
    { class: 'crumbs', attrs: { 'aria-label': 'Where you are' } },
    h(
      'ol',
      {},
      steps.map(({ text, href }, index) =>
        h(
          'li',
          { key: href },
          h('a', { attrs: { href, 'aria-current': index === steps.length - 1 ? 'page' : undefined } }, text),
        ),
      ),
    ),
  );
}

/**
 * @param {Replica | undefined} replica
 * @param {Connection} connection
 */
function state(replica, { lostMs, shownMs }) {
  if (replica === undefined) return h('div', { key: 'state', class: 'state' }, 'connecting…');
  const { host, address, leads, ages, problem } = replica;
  const oldest = Math.max(0, ...ages.map(({ seconds }) => seconds));
  const kind = lostMs !== undefined ? 'lost' : problem === undefined ? 'live' : 'wrong';
  const role = leads ? 'leads' : 'follows';
  const roleTitle = leads
    ? 'This replica decides where pods go.'
    : 'Another replica decides. It knows of the places that are held for pods on their way, and in which unit a pod waits; this one does not.';
  return h(
    'div',
    { key: 'state', class: `state ${kind}` },
    h(
      'span',
      { class: 'replica', attrs: { title: 'The replica that is shown' } },
      address === undefined ? host : `${host} ${address}`,
    ),
    h('span', { class: `role ${role}`, attrs: { title: roleTitle } }, role),
    h(
      'span',
      {
        class: 'freshness',
        attrs: { title: 'How old the figures are, and when the cluster was last heard of' },
      },
      h('span', { class: 'dot', attrs: { 'aria-hidden': 'true' } }),
      lostMs !== undefined ? 'not connected' : problem === undefined ? 'live' : 'not deciding',
      h(
        'span',
        { class: 'muted' },
        shownMs === undefined ? '' : ` · figures ${span(Date.now() - shownMs)} old`,
        ` · cluster heard ${span(oldest * 1_000)} ago`,
      ),
    ),
  );
}

/**
 * @param {object} shown
 * @param {Replica | undefined} shown.replica
 * @param {Connection} shown.connection
 * @param {boolean} shown.isOutdated Whether the page's own files are newer on the server.
 */
export function noticesView({ replica, connection, isOutdated }) {
  const { lostMs, shownMs } = connection;
  const notices = [];
  if (lostMs !== undefined) {
    const since = new Date(lostMs).toLocaleTimeString('en', { hour12: false });
    const age =
      shownMs === undefined
        ? ''
        : ` What is shown is old: it is of ${new Date(shownMs).toLocaleTimeString('en', { hour12: false })}.`;
    notices.push(
      h(
        'p',
        { key: 'lost', class: 'notice strong' },
        h('strong', {}, `No connection since ${since}.`),
        `${age} Trying again by itself.`,
      ),
    );
  } else if (replica?.problem !== undefined) {
    notices.push(h('p', { key: 'problem', class: 'notice' }, `Nothing is decided now: ${replica.problem}.`));
  } else if (replica !== undefined && !replica.leads) {
    notices.push(
      h(
        'p',
        { key: 'follows', class: 'notice quiet' },
        'This replica does not decide. Places held for pods on their way, and in which unit a pod waits, are known to the one that leads.',
      ),
    );
  }
  if (isOutdated) {
    notices.push(
      h(
        'p',
        { key: 'outdated', class: 'notice' },
        'The server has a newer page. ',
        h(
          'button',
          { class: 'button', attrs: { type: 'button' }, onclick: () => location.reload() },
          'Load it',
        ),
      ),
    );
  }
  return notices;
}
