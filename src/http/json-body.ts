/**
 * Bytes → JSON, without what a parser may be made to do: a quick look first, for what costs it much time and memory.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer';

/** A body that is not what the endpoint takes; the message says what is wrong, and quotes nothing of it. */
export class BadBody extends Error {}

/**
 * Deepest nesting, that of the API server's own JSON decoder: no object that exists is nested more deeply. V8's parser
 * needs 40 bytes of memory for each open bracket and seconds for ten million of them.
 */
const DEEPEST = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b] as const;
const CLOSING = [0x5d, 0x7d] as const;

/**
 * The value in a body. As every JSON parser does, it keeps the last of several equal keys; a key `__proto__` is a key
 * like any other.
 *
 * @param wanted what should have been sent, for whoever tries it by hand.
 * @throws {BadBody} when there is no body, or it is no JSON.
 */
export function parseJson(body: unknown, wanted: string): unknown {
  // express.raw leaves the body undefined when there is none.
  if (!Buffer.isBuffer(body) || body.length === 0) throw new BadBody(`the body is empty; POST ${wanted}`);
  if (!isUtf8(body)) throw new BadBody('the body is not UTF-8');
  if (isDeeperThan(body, DEEPEST)) throw new BadBody(`the body is nested more than ${DEEPEST} levels deep`);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // V8's message quotes the body, in which the environment of a container may stand.
    throw new BadBody('the body is not JSON');
  }
}

/** Exact for what is JSON up to the level in question. */
function isDeeperThan(bytes: Buffer, levels: number): boolean {
  // So it is of nearly all bodies, and told much faster.
  if (!hasMoreOpening(bytes, levels)) return false;
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPENING[0] || byte === OPENING[1]) depth += 1;
    else if (byte === CLOSING[0] || byte === CLOSING[1]) depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

function hasMoreOpening(bytes: Buffer, levels: number): boolean {
  let left = levels;
  for (const bracket of OPENING) {
    for (let at = bytes.indexOf(bracket); at !== -1; at = bytes.indexOf(bracket, at + 1)) {
      if (left === 0) return true;
      left -= 1;
    }
  }
  return false;
}

/** Where the string that begins at `start` ends; the end of all when it does not. */
function endOfString(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let escapes = 0;
    while (bytes[quote - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote;
  }
  return bytes.length;
}
