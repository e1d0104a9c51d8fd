/**
 * What is looked at, as it stands in the address: `#/namespace/policy/group/pod`, as much of it as is wanted, and
 * `?filter=…&from=…` for the list on it. A group is named by its key, which may be empty: `#/namespace/policy/` is the one
 * group of a policy that has no others. Pure.
 *
 * @module
 */

/**
 * @typedef {object} Route
 * @property {string} [namespace]
 * @property {string} [policy] With a namespace.
 * @property {string} [group] With a policy.
 * @property {string} [pod] With a group.
 * @property {string} filter
 * @property {number} from
 */

/** Waiting pods that are in no group. */
export const OUTSIDE = '*';

/**
 * @param {string} hash
 * @returns {Route}
 */
export function routeOf(hash) {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [namespace, policy, group, pod] = path.split('/').map(decoded);
  const search = new URLSearchParams(query);
  const from = Number(search.get('from') ?? 0);
  /** @type {Route} */
  const route = {
    filter: search.get('filter') ?? '',
    from: Number.isSafeInteger(from) && from > 0 ? from : 0,
  };
  if (!namespace || !policy) return route;
  route.namespace = namespace;
  route.policy = policy;
  if (group === undefined) return route;
  route.group = group;
  if (pod) route.pod = pod;
  return route;
}

/**
 * @param {{ readonly [Field in keyof Route]?: Route[Field] | undefined }} route
 * @returns {string} With `#`.
 */
export function hashOf({ namespace, policy, group, pod, filter = '', from = 0 }) {
  const parts = [namespace, policy, group, pod];
  const end = parts.indexOf(undefined);
  const path = (end === -1 ? parts : parts.slice(0, end)).map((part) => encodeURIComponent(part ?? ''));
  const search = new URLSearchParams();
  if (filter !== '') search.set('filter', filter);
  if (from > 0) search.set('from', String(from));
  const query = search.toString();
  return `#/${path.join('/')}${query === '' ? '' : `?${query}`}`;
}

/**
 * Whether both look at the same thing, whatever the part of its list.
 *
 * @param {Route} a
 * @param {Route} b
 */
export function isSamePlace(a, b) {
  return hashOf({ ...a, filter: '', from: 0 }) === hashOf({ ...b, filter: '', from: 0 });
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
