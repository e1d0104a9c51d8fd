/**
 * The page: asks for what the address names, once a second while somebody looks, and shows the answers.
 *
 * @module
 */
import { ask, lastAnswer, Unreachable } from './ask.js';
import { h, show } from './dom.js';
import { frameView, noticesView } from './frame.js';
import { hashOf, isSamePlace, routeOf } from './route.js';
import { groupView } from './view-group.js';
import { podView } from './view-pod.js';
import { policiesView } from './view-policies.js';
import { policyView } from './view-policy.js';

/** @typedef {import('./route.js').Route} Route */
/** @typedef {import('./ask.js').Answer} Answer */
/** @typedef {import('../answers.ts').ReplicaAnswer} Replica */

const EVERY_MS = 1_000;
const MOST_MS = 5_000;

const frame = element('frame');
const notices = element('notices');
const main = element('main');

let route = routeOf(location.hash);
/** @type {Replica | undefined} */
let replica;
/** The page's own files when it was loaded. @type {string | undefined} */
let assets;
/** @type {number | undefined} */
let lostMs;
/** What was last shown, and of which list: another part of it is still being waited for. @type {{ place: string, answer: Answer } | undefined} */
let held;
/** Whether the next answer to what is looked at is to get the focus. */
let isArriving = false;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Another one with every change of the address: what was asked before it comes too late. */
let round = 0;

/**
 * What is asked for a route: the view itself, then what stands beside it.
 *
 * @param {Route} wanted
 */
function questionsOf({ namespace, policy, group, pod, filter, from }) {
  const part = { filter: filter.slice(0, 100), offset: String(from) };
  if (namespace === undefined || policy === undefined) return { view: url('policies', part) };
  if (group === undefined) return { view: url('policy', { namespace, name: policy, ...part }) };
  return {
    view: url('group', { namespace, name: policy, group, ...part }),
    ...(pod === undefined ? {} : { beside: url('pod', { namespace, name: pod }) }),
  };
}

/**
 * @param {string} path
 * @param {Readonly<Record<string, string>>} query
 */
function url(path, query) {
  return `/api/${path}?${new URLSearchParams(query)}`;
}

async function update() {
  const mine = ++round;
  clearTimeout(timer);
  const { view, beside } = questionsOf(route);
  try {
    const urls = ['/api/replica', view, ...(beside === undefined ? [] : [beside])];
    const [about] = await Promise.all(urls.map(ask));
    if (mine !== round) return;
    replica = /** @type {Replica | undefined} */ (about?.body) ?? replica;
    assets ??= replica?.assets;
    lostMs = undefined;
    failures = 0;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (mine !== round) return;
    lostMs ??= Date.now();
    failures += 1;
  } finally {
    if (mine === round) {
      draw();
      if (!document.hidden)
        timer = setTimeout(() => void update(), Math.min(MOST_MS, EVERY_MS * Math.max(1, failures)));
    }
  }
}

function draw() {
  const { view, beside } = questionsOf(route);
  const place = hashOf({ ...route, pod: undefined, filter: '', from: 0 });
  const known = lastAnswer(view);
  const answer = known ?? (held?.place === place ? held.answer : undefined);
  held = answer && { place, answer };
  const connection = { lostMs, shownMs: answer?.body === undefined ? undefined : answer.atMs };
  show(frame, frameView(route, replica, connection));
  show(
    notices,
    noticesView({ replica, connection, isOutdated: replica !== undefined && replica.assets !== assets }),
  );
  show(main, contentOf(answer, beside));
  const isLoading = known === undefined && lostMs === undefined;
  main.setAttribute('aria-busy', String(isLoading));
  document.documentElement.classList.toggle('old', lostMs !== undefined);
  document.title = [titleOf(route), 'resource-policy'].filter((part) => part !== '').join(' · ');
  if (!isArriving || isLoading) return;
  isArriving = false;
  const target = document.getElementById('pod-title') ?? main.querySelector('h1');
  if (target instanceof HTMLElement) target.focus({ preventScroll: route.pod === undefined });
}

/**
 * @param {Answer | undefined} answer
 * @param {string | undefined} beside
 */
function contentOf(answer, beside) {
  if (answer === undefined)
    return [
      h(
        'p',
        { key: 'loading', class: 'loading' },
        lostMs === undefined ? 'Loading…' : 'The server cannot be reached.',
      ),
    ];
  const { body, problem, isGone, skewMs } = answer;
  if (body === undefined) return [problemView(problem ?? 'there is no answer', isGone)];
  const nowMs = Date.now() + skewMs;
  return [
    problem !== undefined &&
      h('p', { key: 'problem', class: 'notice strong' }, `What is shown is old: ${problem}.`),
    ...viewOf(body, nowMs, beside),
  ];
}

/**
 * @param {unknown} body
 * @param {number} nowMs
 * @param {string | undefined} beside
 */
function viewOf(body, nowMs, beside) {
  if (route.policy === undefined)
    return policiesView(/** @type {import('../answers.ts').PoliciesAnswer} */ (body), route);
  if (route.group === undefined)
    return policyView(/** @type {import('../answers.ts').PolicyAnswer} */ (body), route, nowMs);
  const about = beside === undefined ? undefined : lastAnswer(beside);
  const explanation =
    beside === undefined
      ? undefined
      : podView(
          /** @type {import('../answers.ts').PodAnswer | undefined} */ (about?.body),
          route,
          about?.problem,
        );
  return groupView(/** @type {import('../answers.ts').GroupAnswer} */ (body), route, { nowMs, explanation });
}

/**
 * @param {string} problem
 * @param {boolean} isGone
 */
function problemView(problem, isGone) {
  return h(
    'div',
    { key: 'problem', class: 'card empty' },
    h('h1', { attrs: { tabindex: '-1' } }, isGone ? 'Not there' : 'Nothing to show yet'),
    h('p', { class: 'problem' }, `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`),
    isGone && h('p', {}, h('a', { attrs: { href: upFrom(route) } }, 'Go up')),
  );
}

/** @param {Route} from */
function upFrom({ namespace, policy, group }) {
  return group === undefined ? hashOf({}) : hashOf({ namespace, policy });
}

/** @param {Route} at */
function titleOf({ policy = 'Policies', group = '', pod = '' }) {
  return pod || [group, policy].filter((part) => part !== '').join(' · ');
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

addEventListener('hashchange', () => {
  const next = routeOf(location.hash);
  isArriving = !isSamePlace(route, next);
  route = next;
  draw();
  void update();
});

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else void update();
});

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const isWriting = event.target instanceof HTMLInputElement;
  if (event.key === '/' && !isWriting) {
    const filter = main.querySelector('[data-filter]');
    if (!(filter instanceof HTMLElement)) return;
    event.preventDefault();
    filter.focus();
  } else if (event.key === 'Escape' && !isWriting) {
    const close = main.querySelector('[data-close]');
    if (close instanceof HTMLElement) close.click();
  }
});

// The address is what is looked at, so it cannot say where on the page one is.
document.querySelector('[data-skip]')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

void update();
