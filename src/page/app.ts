/**
 * The HTTP face of the page: its files, and the questions that they ask. GET only. Builds, does not listen.
 *
 * @module
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { messageOf } from '../facts/message-of.ts';
import type { ProblemAnswer, Replica, ReplicaAnswer } from './answers.ts';
import type { Assets } from './assets.ts';
import { etagOf, readAssets } from './assets.ts';
import type { Part } from './list.ts';
import { isLocalHost } from './local-host.ts';
import type { QuestionsParts, Sent } from './questions.ts';
import { NoAnswer, Questions } from './questions.ts';
import { MOST_VIEWERS, Viewers } from './viewers.ts';

export interface PageParts extends QuestionsParts {
  readonly replica: () => Replica;
  /** Whether it listens on loopback by plain HTTP; then it is to be asked for by a name of this host. */
  readonly isLoopback: boolean;
  /** Told of errors that are our own. */
  readonly failed: (error: unknown) => void;
}

/** Which page asks: any text that is its own. */
const VIEWER_HEADER = 'resource-policy-viewer';
const LONGEST_FILTER = 100;
const RETRY_SECONDS = '5';

const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** A request that is not answered as asked; the status is the answer's. */
class Refused extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** @throws {Error} when the page's files are not there. */
export function buildPageApp(parts: PageParts): RequestListener {
  const assets = readAssets();
  const questions = new Questions(parts);
  const viewers = new Viewers(parts.clock.nowMs);
  return (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    void answer(parts, { assets, questions, viewers }, request, response).catch((error: unknown) => {
      refuse(parts, request, response, error);
    });
  };
}

interface Inside {
  readonly assets: Assets;
  readonly questions: Questions;
  readonly viewers: Viewers;
}

async function answer(
  parts: PageParts,
  { assets, questions, viewers }: Inside,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = urlOf(parts, request);
  const asset = assets.byPath.get(pathname);
  if (asset !== undefined) {
    response.setHeader('content-type', asset.contentType);
    send(request, response, { etag: asset.etag, body: asset.body });
    return;
  }
  if (!pathname.startsWith('/api/')) throw new Refused(404, 'there is no such page here');
  const replica = parts.replica();
  if (pathname === '/api/replica') {
    const text = JSON.stringify({ ...replica, assets: assets.checksum } satisfies ReplicaAnswer);
    sendJson(request, response, { text, etag: etagOf(text), ageSeconds: 0 });
    return;
  }
  admit(viewers, request);
  if (!replica.isComplete)
    throw new Refused(503, replica.problem ?? 'not everything is known yet', { 'retry-after': '1' });
  sendJson(request, response, await ask(questions, pathname, searchParams));
}

async function ask(questions: Questions, pathname: string, query: URLSearchParams): Promise<Sent> {
  switch (pathname) {
    case '/api/policies':
      return questions.policies(partIn(query));
    case '/api/policy':
      return questions.policy(nameIn(query), partIn(query));
    case '/api/group':
      return questions.group(nameIn(query), query.get('group') ?? '', partIn(query));
    case '/api/pod':
      return questions.pod(nameIn(query));
    default:
      throw new Refused(404, 'there is no such question here');
  }
}

/** Checks the request as a whole. */
function urlOf({ isLoopback }: PageParts, request: IncomingMessage): URL {
  const { method = '', headers, url = '' } = request;
  if (isLoopback && !isLocalHost(headers.host))
    throw new Refused(421, 'this page is found at localhost and at loopback addresses only');
  if (method !== 'GET' && method !== 'HEAD')
    throw new Refused(405, 'this page can only be read', { allow: 'GET, HEAD' });
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (hasBody) throw new Refused(400, 'a question has no body', { connection: 'close' });
  const base = 'http://page';
  if (!url.startsWith('/') || !URL.canParse(url, base)) throw new Refused(400, 'that is no path');
  return new URL(url, base);
}

function admit(viewers: Viewers, request: IncomingMessage): void {
  const viewer = request.headers[VIEWER_HEADER];
  if (typeof viewer !== 'string' || !/^[\w-]{1,64}$/.test(viewer))
    throw new Refused(400, `the header ${VIEWER_HEADER} says which page asks`);
  if (viewers.admits(viewer)) return;
  throw new Refused(503, `${MOST_VIEWERS} others look at this page now, which is as many as it serves`, {
    'retry-after': RETRY_SECONDS,
  });
}

function nameIn(query: URLSearchParams): { namespace: string; name: string } {
  const [namespace, name] = [query.get('namespace'), query.get('name')];
  if (!namespace || !name) throw new Refused(400, 'namespace and name say what is asked about');
  return { namespace, name };
}

function partIn(query: URLSearchParams): Part {
  const [filter, offset] = [query.get('filter') ?? '', query.get('offset') ?? '0'];
  if (filter.length > LONGEST_FILTER)
    throw new Refused(400, `a filter has at most ${LONGEST_FILTER} characters`);
  if (!/^\d{1,9}$/.test(offset)) throw new Refused(400, 'offset is a number of rows');
  return { filter, offset: Number(offset) };
}

function sendJson(request: IncomingMessage, response: ServerResponse, sent: Sent): void {
  response.setHeader('content-type', 'application/json');
  response.setHeader('age', String(sent.ageSeconds));
  send(request, response, { etag: sent.etag, body: sent.text });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { etag, body }: { etag: string; body: string | Buffer },
): void {
  // Kept by whoever asked, and asked for again each time.
  response.setHeader('cache-control', 'private, no-cache');
  response.setHeader('etag', etag);
  if (request.headers['if-none-match'] === etag) {
    response.removeHeader('content-type');
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function refuse(
  { failed }: PageParts,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const isOurs = !(error instanceof Refused || error instanceof NoAnswer);
  if (isOurs) failed(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = isOurs ? 'the answer could not be worked out; the log says why' : messageOf(error);
  const text = JSON.stringify({ problem } satisfies ProblemAnswer);
  response.writeHead(isOurs ? 500 : error.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(error instanceof Refused ? error.headers : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
