/**
 * Asking the server: each question is an address, and what was last answered to it is kept until the server says that
 * something else holds.
 *
 * @module
 */

/**
 * @typedef {object} Answer
 * @property {unknown} body The last one that was an answer; undefined: none yet.
 * @property {string} [problem] Why there is no answer now.
 * @property {boolean} isGone What is asked about does not exist.
 * @property {number} atMs When the answer was worked out, on this browser's clock.
 * @property {number} skewMs How far the server's clock is ahead of this browser's.
 */

/** The server did not answer at all. */
export class Unreachable extends Error {}

const TIMEOUT_MS = 10_000;
const MOST_KEPT = 32;
/** So that the server knows how many look. */
const VIEWER = [...crypto.getRandomValues(new Uint8Array(12))]
  .map((byte) => byte.toString(16).padStart(2, '0'))
  .join('');

/** @type {Map<string, Answer & { readonly etag: string }>} */
const kept = new Map();

/**
 * The last answer to a question, without asking.
 *
 * @param {string} url
 * @returns {Answer | undefined}
 */
export function lastAnswer(url) {
  return kept.get(url);
}

/**
 * @param {string} url
 * @returns {Promise<Answer>}
 * @throws {Unreachable}
 */
export async function ask(url) {
  const before = kept.get(url);
  /** @type {Record<string, string>} */
  const headers = { 'resource-policy-viewer': VIEWER };
  if (before !== undefined && before.etag !== '') headers['if-none-match'] = before.etag;
  const { response, text } = await get(url, headers);
  const answer = { ...read(response, text, before), ...timesOf(response) };
  kept.delete(url);
  kept.set(url, answer);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return answer;
}

/**
 * @param {string} url
 * @param {Record<string, string>} headers
 */
async function get(url, headers) {
  try {
    const response = await fetch(url, {
      headers,
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { response, text: await response.text() };
  } catch (error) {
    throw new Unreachable('the server does not answer', { cause: error });
  }
}

/**
 * @param {Response} response
 * @param {string} text
 * @param {(Answer & { readonly etag: string }) | undefined} before
 * @returns {{ body: unknown, problem?: string, isGone: boolean, etag: string }}
 */
function read(response, text, before) {
  if (response.status === 304 && before !== undefined)
    return { body: before.body, isGone: false, etag: before.etag };
  const etag = response.headers.get('etag') ?? '';
  const body = parsed(text);
  if (response.ok && body !== undefined) return { body, isGone: false, etag };
  const isGone = response.status === 404;
  const problem =
    typeof body === 'object' && body !== null && 'problem' in body && typeof body.problem === 'string'
      ? body.problem
      : `the server answered with status ${response.status}`;
  // What was there before is still worth a look, unless it is gone.
  return { body: isGone ? undefined : before?.body, problem, isGone, etag: '' };
}

/** @param {string} text */
function parsed(text) {
  try {
    return /** @type {unknown} */ (JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * @param {Response} response
 * @returns {{ atMs: number, skewMs: number }}
 */
function timesOf(response) {
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  const ageMs = Number(response.headers.get('age') ?? 0) * 1_000;
  const nowMs = Date.now();
  // The header has whole seconds: less than that is no difference.
  const skewMs = Number.isFinite(serverMs) && Math.abs(serverMs - nowMs) > 1_500 ? serverMs - nowMs : 0;
  return { atMs: nowMs - ageMs, skewMs };
}
