import type { Socket } from 'node:net';
import { createServer } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { ApiClient } from '../../src/cluster/api-client.ts';
import { ApiError } from '../../src/cluster/api-error.ts';
import type { Access } from '../../src/cluster/credentials.ts';
import { NODES_PATH, PODS_PATH } from '../../src/cluster/paths.ts';
import type { FakeApiServer } from '../support/fake-api-server/server.ts';
import { aClient, aPod, aServer, aSyncedPodWatch, eventually } from './support.ts';

const GET_NODES = { method: 'GET', path: NODES_PATH } as const;
const NEVER = new AbortController().signal;

/** The error with which a promise rejects. */
async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw error;
}

/** Credentials whose token and epoch are the test's. */
class TestAccess {
  current: Access;
  renewals = 0;
  onRenew = (): void => undefined;

  constructor(server: string, token = 'one') {
    this.current = {
      epoch: 0,
      server: new URL(server),
      tls: {},
      headers: { authorization: `Bearer ${token}` },
    };
  }

  async access(): Promise<Access> {
    return this.current;
  }

  async renew(): Promise<void> {
    this.renewals += 1;
    this.onRenew();
  }

  next(token: string): void {
    const headers = { authorization: `Bearer ${token}` };
    this.current = { ...this.current, epoch: this.current.epoch + 1, headers };
  }
}

function clientWith(
  credentials: TestAccess,
  options: { deadlineMs?: number; connections?: number } = {},
): ApiClient {
  const client = new ApiClient({ credentials, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Something that takes connections and says nothing, not even the first word of TLS. */
async function aSilentPeer(): Promise<{ url: string; connections: () => number }> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the peer listens on no port');
  return { url: `https://127.0.0.1:${address.port}`, connections: () => count };
}

describe('an answer', () => {
  it('of 2xx is its JSON', async () => {
    const server = await aServer();
    aPod(server, 'a');
    await expect(aClient(server).request({ method: 'GET', path: PODS_PATH })).resolves.toMatchObject({
      items: [{ metadata: { name: 'a' } }],
    });
  });

  it('that is empty is undefined', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 200, body: '' });
    await expect(aClient(server).request(GET_NODES)).resolves.toBeUndefined();
  });

  it('of 4xx carries what the Status says, and that nothing was done', async () => {
    const server = await aServer();
    const error = await failure(aClient(server).request({ method: 'GET', path: `${NODES_PATH}/none` }));
    expect(error).toMatchObject({ status: 404, reason: 'NotFound', definite: true, notFound: true });
    expect(error.message).toBe('GET /api/v1/nodes/none: 404 nodes "none" not found');
  });

  it('of a proxy is no word of the API server', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 404, body: '<html>no backend</html>' });
    const error = await failure(aClient(server).request(GET_NODES));
    expect(error).toMatchObject({ status: 404, reason: '', notFound: false });
  });

  it.each([
    { status: 400, definite: true },
    { status: 403, definite: true },
    { status: 408, definite: false },
    { status: 409, definite: true },
    { status: 422, definite: true },
    { status: 500, definite: false },
    { status: 503, definite: false },
    { status: 504, definite: false },
    { status: 302, definite: false },
  ])('of $status says definite: $definite, and is not asked for again', async ({ status, definite }) => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status });
    expect(await failure(aClient(server).request(GET_NODES))).toMatchObject({ status, definite });
    expect(server.requests).toHaveLength(1);
  });

  it('of 200 that is no JSON leaves open what was done', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 200, body: '<html>' });
    expect(await failure(aClient(server).request(GET_NODES))).toMatchObject({
      reason: 'BadAnswer',
      definite: false,
    });
  });
});

describe('no answer', () => {
  it('within the deadline leaves open what was done', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'hang' });
    const error = await failure(aClient(server).request({ ...GET_NODES, deadlineMs: 100 }));
    expect(error).toMatchObject({ status: 0, reason: 'DeadlineExceeded', definite: false });
    expect(error.message).toContain('no answer within 100 ms');
  });

  it('because the connection broke leaves it open too, and the request is not sent again', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'break' });
    const request = { method: 'POST', path: NODES_PATH, body: { metadata: { name: 'n' } } } as const;
    expect(await failure(aClient(server).request(request))).toMatchObject({
      reason: 'ConnectionFailed',
      definite: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('because there is no server means that nothing was done', async () => {
    const server = await aServer();
    await server.down();
    expect(await failure(aClient(server).request(GET_NODES))).toMatchObject({
      reason: 'ConnectionFailed',
      definite: true,
    });
    await server.listen();
  });

  it('while it still connects means that nothing was done, nor will be', async () => {
    const peer = await aSilentPeer();
    const client = clientWith(new TestAccess(peer.url), { deadlineMs: 100 });
    expect(await failure(client.request(GET_NODES))).toMatchObject({
      reason: 'DeadlineExceeded',
      definite: true,
    });
    expect(peer.connections()).toBe(1);
  });

  it('when the caller gives up comes at once', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'hang' });
    const giveUp = new AbortController();
    const failed = failure(aClient(server).request({ ...GET_NODES, signal: giveUp.signal }));
    await eventually(() => expect(server.requests).toHaveLength(1));
    giveUp.abort();
    expect(await failed).toMatchObject({ reason: 'Aborted', definite: false });
    const late = await failure(aClient(server).request({ ...GET_NODES, signal: giveUp.signal }));
    expect(late).toMatchObject({ reason: 'Aborted', definite: true });
    expect(server.requests).toHaveLength(1);
  });
});

describe('401', () => {
  it('is repeated once with what the credentials then give, over a new connection', async () => {
    const server = await aServer();
    server.token = 'two';
    const credentials = new TestAccess(server.url, 'one');
    credentials.onRenew = () => credentials.next('two');
    const client = clientWith(credentials, { connections: 1 });
    await client.request(GET_NODES);
    expect(credentials.renewals).toBe(1);
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer one', 'Bearer two']);
    await client.request(GET_NODES);
    const [first, second, third] = server.requests.map(({ port }) => port);
    expect(second).not.toBe(first);
    expect(third).toBe(second);
  });

  it('is told when it stays', async () => {
    const server = await aServer();
    server.token = 'other';
    const credentials = new TestAccess(server.url);
    const error = await failure(clientWith(credentials).request(GET_NODES));
    expect(error).toMatchObject({ status: 401, reason: 'Unauthorized', definite: true });
    expect([server.requests.length, credentials.renewals]).toEqual([2, 1]);
  });

  it('of a stream is repeated once too', async () => {
    const server = await aServer();
    server.token = 'two';
    const credentials = new TestAccess(server.url, 'one');
    credentials.onRenew = () => credentials.next('two');
    const query = { watch: '1', resourceVersion: String(server.store.version) };
    const stream = await clientWith(credentials).stream(PODS_PATH, { query, signal: NEVER, idleMs: 10_000 });
    aPod(server, 'a');
    for await (const chunk of stream) {
      expect(Buffer.from(chunk).toString()).toContain('"name":"a"');
      break;
    }
    expect(credentials.renewals).toBe(1);
  });
});

describe('429', () => {
  it('is repeated after Retry-After, as long as the deadline allows', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 429, headers: { 'retry-after': '0' } }, undefined, 3);
    await aClient(server).request(GET_NODES);
    expect(server.requests).toHaveLength(4);
  });

  it('is told at once when the wait would exceed the deadline, and means that nothing was done', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 429, headers: { 'retry-after': '60' } });
    const error = await failure(aClient(server).request(GET_NODES));
    expect(error).toMatchObject({ status: 429, definite: true, retryAfterMs: 60_000 });
    expect(server.requests).toHaveLength(1);
  });
});

/** One connection, on which an answer is awaited, and a queue for one. */
async function aBusyClient(): Promise<{ server: FakeApiServer; client: ApiClient; answer: () => void }> {
  const server = await aServer();
  const held = Promise.withResolvers<void>();
  server.faults.add({ kind: 'hold', until: held.promise });
  return { server, client: aClient(server, { connections: 1, queueLimit: 1 }), answer: held.resolve };
}

describe('the queue', () => {
  it('is bounded: what exceeds it fails at once, and nothing was done', async () => {
    const { server, client, answer } = await aBusyClient();
    const first = client.request(GET_NODES);
    const second = client.request(GET_NODES);
    await eventually(() => expect(server.requests).toHaveLength(1));
    const third = await failure(client.request(GET_NODES));
    expect(third).toMatchObject({ reason: 'Overloaded', definite: true });
    expect([client.pending, server.requests.length]).toEqual([2, 1]);
    answer();
    await Promise.all([first, second]);
    expect([client.pending, server.requests.length]).toEqual([0, 2]);
  });

  it('sends nothing whose deadline passed in it', async () => {
    const { server, client, answer } = await aBusyClient();
    const first = client.request(GET_NODES);
    const second = await failure(client.request({ ...GET_NODES, deadlineMs: 50 }));
    expect(second).toMatchObject({ reason: 'DeadlineExceeded', definite: true });
    answer();
    await first;
    await client.request(GET_NODES);
    expect(server.requests).toHaveLength(2);
  });

  it('sends nothing that may not leave any more when its turn comes, and passes the turn on', async () => {
    const { server, client, answer } = await aBusyClient();
    const first = client.request(GET_NODES);
    let may = true;
    const second = failure(client.request({ ...GET_NODES, mayLeave: () => may }));
    may = false;
    answer();
    expect(await second).toMatchObject({ reason: 'Withdrawn', definite: true });
    await first;
    await client.request(GET_NODES);
    expect(server.requests).toHaveLength(2);
  });

  it('tells the server how much of its time is left when it leaves', async () => {
    const { server, client, answer } = await aBusyClient();
    const first = client.request(GET_NODES);
    const second = client.request({ ...GET_NODES, deadlineMs: 60_000 });
    await eventually(() => expect(server.requests).toHaveLength(1));
    const waitedFromMs = performance.now();
    await eventually(() => expect(performance.now() - waitedFromMs).toBeGreaterThan(20));
    answer();
    await Promise.all([first, second]);
    expect(Number.parseInt(server.requests[1]!.query.get('timeout')!, 10)).toBeLessThanOrEqual(59_980);
  });

  it('holds no write behind a watch', async () => {
    const server = await aServer();
    const client = aClient(server, { connections: 1, queueLimit: 0 });
    const watches = [await aSyncedPodWatch(server, { client }), await aSyncedPodWatch(server, { client })];
    await client.request(GET_NODES);
    expect(watches.map(({ watch }) => watch.following)).toEqual([true, true]);
  });

  it('keeps its connections', async () => {
    const server = await aServer();
    const client = aClient(server, { connections: 2 });
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([client.request(GET_NODES), client.request(GET_NODES)]);
    }
    expect(new Set(server.requests.map(({ port }) => port)).size).toBe(2);
  });
});

describe('a request', () => {
  it('tells the server how long it will be waited for', async () => {
    const server = await aServer();
    await aClient(server).request({ ...GET_NODES, deadlineMs: 5_000 });
    expect(server.requests[0]!.query.get('timeout')).toMatch(/^(5000|49\d\d)ms$/);
  });

  it('goes below the path of the server, if that has one', async () => {
    const server = await aServer();
    const error = await failure(clientWith(new TestAccess(`${server.url}/k8s/c-1/`)).request(GET_NODES));
    expect(error.status).toBe(404);
    expect(server.requests[0]!.path).toBe('/k8s/c-1/api/v1/nodes');
  });

  it('without credentials is not sent', async () => {
    const server = await aServer();
    const credentials = new TestAccess(server.url);
    credentials.access = () => Promise.reject(new Error('the plugin said no'));
    expect(await failure(clientWith(credentials).request(GET_NODES))).toMatchObject({
      reason: 'CredentialsFailed',
      definite: true,
      message: 'GET /api/v1/nodes: the plugin said no',
    });
    expect(server.requests).toEqual([]);
  });
});

describe('new connections', () => {
  it('leave a watch on an old one alone until it ends', async () => {
    const server = await aServer();
    const credentials = new TestAccess(server.url);
    const client = clientWith(credentials);
    const { recorder, restarts } = await aSyncedPodWatch(server, { client });
    credentials.next('two');
    await client.request(GET_NODES);
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    expect(restarts).toEqual([]);
    server.watches.end();
    await eventually(() => expect(server.watches.count).toBe(1));
    await eventually(() => expect(server.requests.at(-1)?.authorization).toBe('Bearer two'));
  });
});

describe('a stream', () => {
  it('can be given up while it connects', async () => {
    const peer = await aSilentPeer();
    const giveUp = new AbortController();
    const client = clientWith(new TestAccess(peer.url));
    const failed = failure(client.stream(PODS_PATH, { signal: giveUp.signal, idleMs: 60_000 }));
    await eventually(() => expect(peer.connections()).toBe(1));
    giveUp.abort();
    expect(await failed).toMatchObject({ reason: 'ConnectionFailed' });
  });
});

describe('closing', () => {
  it('waits for what is under way, and takes nothing new', async () => {
    const server = await aServer();
    const held = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: held.promise });
    const client = aClient(server);
    const before = client.request(GET_NODES);
    await eventually(() => expect(server.requests).toHaveLength(1));
    const closing = client.close();
    const after = await failure(client.request(GET_NODES));
    expect(after).toMatchObject({ reason: 'Closed', definite: true });
    held.resolve();
    await expect(before).resolves.toMatchObject({ items: [] });
    await closing;
  });

  it('breaks off streams', async () => {
    const server = await aServer();
    const client = aClient(server);
    const query = { watch: '1', resourceVersion: String(server.store.version) };
    const stream = await client.stream(PODS_PATH, { query, signal: NEVER, idleMs: 60_000 });
    await client.close();
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reason: 'ConnectionFailed' });
    await eventually(() => expect(server.watches.count).toBe(0));
  });
});
