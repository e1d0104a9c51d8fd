import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunningServer } from '../../src/http/server.ts';
import { listen } from '../../src/http/server.ts';

/** A server whose answers wait for the test. */
async function aServer(): Promise<{ server: RunningServer; asked: () => Promise<ServerResponse> }> {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const arrived: ServerResponse[] = [];
  const server = await listen(
    (_request, response) => {
      const next = waiting.shift();
      if (next === undefined) arrived.push(response);
      else next(response);
    },
    { host: '127.0.0.1', port: 0 },
  );
  onTestFinished(() => server.close(0));
  return {
    server,
    asked: async () => arrived.shift() ?? new Promise((resolve) => waiting.push(resolve)),
  };
}

/** GETs from the server over a connection that stays open, as kube-scheduler's do; resolves with the body. */
function ask({ port }: RunningServer): Promise<string> {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return new Promise((resolve, reject) => {
    get({ port, agent, host: '127.0.0.1' }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
}

describe('the server', () => {
  it('takes any free port for 0', async () => {
    const { server } = await aServer();

    expect(server.host).toBe('127.0.0.1');
    expect(server.port).toBeGreaterThan(0);
  });

  it('says so when the port is taken', async () => {
    const { server } = await aServer();

    await expect(listen(() => undefined, { host: '127.0.0.1', port: server.port })).rejects.toThrow(
      /EADDRINUSE/,
    );
  });

  it('keeps an idle connection open for longer than the 90 s of kube-scheduler’s client', async () => {
    const { server, asked } = await aServer();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const answered = once(get({ port: server.port, agent, host: '127.0.0.1' }), 'response');
    (await asked()).end('ok');

    const [response]: IncomingMessage[] = await answered;
    const seconds = Number(/timeout=(\d+)/.exec(String(response?.headers['keep-alive']))?.[1]);
    expect(seconds).toBeGreaterThan(90);
  });
});

describe('closing', () => {
  it('takes no new connection, waits for the answer under way, which arrives whole, and then ends', async () => {
    const { server, asked } = await aServer();
    const reply = ask(server);
    const response = await asked();
    const whole = 'all of it '.repeat(100_000);
    let isClosed = false;

    const closed = server.close(600_000).then(() => (isClosed = true));

    expect(await refusal(server)).toMatchObject({ code: 'ECONNREFUSED' });
    expect(isClosed).toBe(false);
    response.end(whole);
    expect(await reply).toBe(whole);
    expect(await closed).toBe(true);
  });

  it('does not wait for idle connections', async () => {
    const { server, asked } = await aServer();
    const reply = ask(server);
    (await asked()).end('ok');
    await reply;

    await expect(server.close(600_000)).resolves.toBeUndefined();
  });

  it('breaks off an answer that does not come in time', async () => {
    const { server, asked } = await aServer();
    const reply = ask(server).catch((error: unknown) => error);
    await asked();

    await server.close(1);

    expect(await reply).toMatchObject({ code: 'ECONNRESET' });
  });
});

/** The error that a new connection meets. */
async function refusal({ port }: RunningServer): Promise<unknown> {
  const [error]: unknown[] = await once(connect(port, '127.0.0.1'), 'error');
  return error;
}
