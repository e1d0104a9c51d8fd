import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Limits } from '../../src/http/limits.ts';
import { PROBE_LIMITS, SCHEDULER_LIMITS } from '../../src/http/limits.ts';
import type { RunningServer } from '../../src/http/server.ts';
import { listen } from '../../src/http/server.ts';
import { answerTo, rawConnection } from './raw.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** Kube-scheduler's HTTP client (Go's) gives up an idle connection after this time. */
const GO_IDLE_MS = 90_000;

interface Watched {
  readonly server: RunningServer;
  readonly asked: readonly string[];
  readonly turnedAway: readonly string[];
}

async function aServer(change: Partial<Limits>, answer?: RequestListener): Promise<Watched> {
  const asked: string[] = [];
  const turnedAway: string[] = [];
  const server = await listen(
    (request, response) => {
      asked.push(request.url ?? '');
      if (answer === undefined) response.end('ok');
      else answer(request, response);
    },
    { host: '127.0.0.1', port: 0 },
    { limits: { ...SCHEDULER_LIMITS, ...change }, turnedAway: (why) => void turnedAway.push(why) },
  );
  onTestFinished(() => server.close(0));
  return { server, asked, turnedAway };
}

describe('headers', () => {
  it('are answered with 431 when there are too many bytes of them', async () => {
    const { server, asked } = await aServer({ headerBytes: 1_000 });
    const long = `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(1_100)}\r\n\r\n`;

    expect(await answerTo(server.port, long)).toMatch(/^HTTP\/1\.1 431 /);
    expect(asked).toEqual([]);
  });

  it('are answered with 408 when they take too long, though a byte comes now and then', async () => {
    const { server, asked } = await aServer({ headersMs: 150, bodyMs: 600_000 });
    const { socket, closed } = await rawConnection(server.port);
    socket.write('GET / HTTP/1.1\r\nA: ');
    const drip = setInterval(() => socket.write('x'), 20);
    onTestFinished(() => clearInterval(drip));

    expect(await closed).toMatch(/^HTTP\/1\.1 408 .*\r\nConnection: close\r\n/);
    expect(asked).toEqual([]);
  });

  it('may not stay out on a connection that says nothing', async () => {
    const { server } = await aServer({ headersMs: 100, bodyMs: 600_000 });
    const { closed } = await rawConnection(server.port);

    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('a body', () => {
  const HALF = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf';

  it('is answered with 408 when it takes too long, though a byte comes now and then', async () => {
    const { server } = await aServer({ bodyMs: 150 }, (request) => void request.resume());
    const { socket, closed } = await rawConnection(server.port);
    socket.write(HALF);
    const drip = setInterval(() => socket.write('x'), 20);
    onTestFinished(() => clearInterval(drip));

    const [head, body] = (await closed).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 408 [^]*\r\nconnection: close(\r\n|$)/i);
    expect(JSON.parse(body!)).toEqual({ Error: 'resource-policy: the body was not complete after 150 ms' });
  });

  it('that nobody waits for any more ends the connection when it takes too long', async () => {
    const { server } = await aServer({ bodyMs: 100 }, (_request, response) => void response.end('no need'));

    expect(await answerTo(server.port, HALF)).toContain('no need');
  });

  it('has no limit of time once it is complete: bindings wait for the API server', async () => {
    const { server } = await aServer({ bodyMs: 20 }, (request, response) => {
      void text(request).then(() => setTimeout(() => response.end('late'), 100));
    });
    const { socket, said, closed } = await rawConnection(server.port);
    socket.write(`${HALF}${'x'.repeat(96)}`);
    await once(socket, 'data');

    expect(said()).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nlate$/);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect((await closed).match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });
});

describe('connections', () => {
  it('over the limit are dropped and told of; the others go on, and room made is room for new ones', async () => {
    const { server, turnedAway } = await aServer({ connections: 2 });
    const first = await rawConnection(server.port);
    const second = await rawConnection(server.port);

    expect(await (await rawConnection(server.port)).closed).toBe('');
    expect(turnedAway).toEqual(['2 connections are open']);
    for (const { socket, said } of [first, second]) {
      socket.write(GET);
      await once(socket, 'data');
      expect(said()).toMatch(/^HTTP\/1\.1 200 /);
    }
    first.socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await first.closed;
    expect(await answerTo(server.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain(
      ' 200 ',
    );
  });

  it('end with the last of their requests', async () => {
    const { server, asked } = await aServer({ requestsPerConnection: 2 });
    const { socket, said, closed } = await rawConnection(server.port);
    socket.write(GET);
    await once(socket, 'data');
    expect(said()).toMatch(/\r\nConnection: keep-alive\r\n/);
    socket.write(GET);

    expect(await closed).toMatch(/\r\nconnection: close\r\n/i);
    expect(asked).toHaveLength(2);
  });

  it('end with a request for another protocol, which is answered in this one', async () => {
    const { server } = await aServer({});
    const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

    expect(await answerTo(server.port, upgrade)).toMatch(
      /^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n[^]*ok$/i,
    );
  });

  it('end when nothing moves on them: an answer that nobody reads is not kept', async () => {
    const responses: ServerResponse[] = [];
    const { server } = await aServer({ idleMs: 100 }, (_request, response) => {
      responses.push(response);
      response.end(Buffer.alloc(64_000_000));
    });
    const { socket } = await rawConnection(server.port);
    socket.pause();
    socket.write(GET);

    await expect.poll(() => responses[0]?.destroyed, { timeout: 10_000 }).toBe(true);
    expect(responses[0]?.writableFinished).toBe(false);
  });

  it('end between two requests when the next one does not come', async () => {
    const { server } = await aServer({ idleMs: 50 });

    expect(await answerTo(server.port, GET)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('requests that come before the answer to an earlier one (pipelining)', () => {
  it.for([2, 5_000])('are not read: the first of %i is answered, and the connection ends', async (count) => {
    const { server, asked } = await aServer({}, (_request, response) => {
      setTimeout(() => response.end('the answer'), 50);
    });

    const said = await answerTo(server.port, GET.repeat(count));

    expect(said).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n[^]*\r\n\r\nthe answer$/i);
    expect(asked).toEqual(['/']);
  });

  it('end the connection also when the first answer has begun', async () => {
    const { server, asked } = await aServer({}, (_request, response) => {
      response.write('begun, ');
      setTimeout(() => response.end('done'), 50);
    });

    const said = await answerTo(server.port, GET.repeat(3));

    expect(said).toContain('done');
    expect(said.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(asked).toEqual(['/']);
  });
});

describe('the limits', () => {
  it('for kube-scheduler leave it to close idle connections, used or not', () => {
    expect(SCHEDULER_LIMITS.idleMs).toBeGreaterThan(GO_IDLE_MS);
    expect(SCHEDULER_LIMITS.headersMs).toBeGreaterThan(GO_IDLE_MS);
  });

  it('for probes let nobody keep a connection', async () => {
    const { server } = await aServer(PROBE_LIMITS);

    expect(await answerTo(server.port, GET)).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n/i);
  });
});
