import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { expect, it, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { createCertificate } from '../../../src/admission/certificate.ts';
import { HttpGate } from './http-gate.ts';

interface Scene {
  readonly gate: HttpGate;
  /** Requests that the server behind the gate has seen. */
  readonly seen: string[];
  /** Streams that the server holds open. */
  readonly streams: ServerResponse[];
  readonly ask: (
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
  ) => Promise<{ status: number; text: Promise<string>; retryAfter: unknown }>;
}

/** A server that answers every request with its path, streams to watches, and the gate to it. */
async function aScene(): Promise<Scene> {
  const own = await createCertificate({ host: '127.0.0.1', nowMs: Date.now(), validForMs: 3_600_000 });
  const seen: string[] = [];
  const streams: ServerResponse[] = [];
  const serve = ({ method, url, headers }: IncomingMessage, response: ServerResponse): void => {
    seen.push(`${method} ${url} ${headers.authorization}`);
    if (url?.includes('watch=1') === true) {
      response.writeHead(200).flushHeaders();
      streams.push(response);
    } else response.end(`answer to ${url}`);
  };
  const server = createServer({ cert: own.certPem, key: own.keyPem }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const dir = mkdtempSync(join(tmpdir(), 'gate-'));
  const ca = join(dir, 'ca.crt');
  writeFileSync(ca, own.certPem);
  const cluster = { server: `https://127.0.0.1:${address.port}`, 'certificate-authority': ca };
  writeFileSync(join(dir, 'kubeconfig'), stringify({ clusters: [{ cluster }] }));
  const gate = await HttpGate.to(join(dir, 'kubeconfig'));
  const dispatcher = new Agent({ connect: { ca: gate.certificate } });
  onTestFinished(async () => {
    await dispatcher.destroy();
    await gate.close();
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true });
  });
  return {
    gate,
    seen,
    streams,
    ask: async (method, path) => {
      const headers = { authorization: 'Bearer t' };
      const url = `https://127.0.0.1:${gate.port}${path}`;
      const answer = await request(url, {
        method,
        headers,
        dispatcher,
        body: method === 'GET' ? null : '{}',
      });
      return {
        status: answer.statusCode,
        text: answer.body.text(),
        retryAfter: answer.headers['retry-after'],
      };
    },
  };
}

it('passes requests on with the credentials of whoever asks', async () => {
  const { ask, seen, gate } = await aScene();

  const { status, text } = await ask('POST', '/api/v1/pods');

  expect({ status, text: await text }).toEqual({ status: 200, text: 'answer to /api/v1/pods' });
  expect(seen).toEqual(['POST /api/v1/pods Bearer t']);
  expect(gate.treated).toBe(0);
});

it('refuses what a rule refuses, unseen by the server, until the rule is taken back', async () => {
  const { ask, seen, gate } = await aScene();
  const remove = gate.add(({ isBinding }) =>
    isBinding ? { kind: 'refuse', status: 429, retryAfterSeconds: 2 } : undefined,
  );

  expect(await ask('POST', '/api/v1/namespaces/a/pods/p/binding?timeout=1s')).toMatchObject({
    status: 429,
    retryAfter: '2',
  });
  expect((await ask('POST', '/api/v1/namespaces/a/pods')).status).toBe(200);
  remove();
  expect((await ask('POST', '/api/v1/namespaces/a/pods/p/binding')).status).toBe(200);
  expect(seen).toHaveLength(2);
  expect(gate.treated).toBe(1);
});

it('a lost answer: carried out, and the connection breaks', async () => {
  const { ask, seen, gate } = await aScene();
  gate.add(() => ({ kind: 'lose-answer' }));

  await expect(ask('PATCH', '/x')).rejects.toThrow(/other side closed|socket/);
  expect(seen).toEqual(['PATCH /x Bearer t']);
});

it('a request that is held goes on although its client has left', async () => {
  const { ask, seen, gate } = await aScene();
  gate.add(() => ({ kind: 'hold', ms: 100 }));
  const asked = ask('POST', '/held').catch(() => undefined);
  await vi.waitFor(() => expect(gate.treated).toBe(1));
  expect(seen).toEqual([]);

  for (const socket of gate.clients) socket.destroy();
  await asked;

  await vi.waitFor(() => expect(seen).toEqual(['POST /held Bearer t']));
});

it('an answer that is held comes late', async () => {
  const { ask, seen, gate } = await aScene();
  gate.add(() => ({ kind: 'hold-answer', ms: 50 }));
  const startedMs = performance.now();

  const { text } = await ask('GET', '/slow');

  expect(await text).toBe('answer to /slow');
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(49);
  expect(seen).toHaveLength(1);
});

it('watches: in order, held back, ended, cut in the middle of a line, expired', async () => {
  const { ask, gate, streams } = await aScene();
  const open = async (): Promise<{ text: Promise<string>; stream: ServerResponse }> => {
    const { length } = streams;
    const { text } = await ask('GET', '/api/v1/pods?watch=1');
    return { text: text.catch((error: unknown) => `broken: ${String(error)}`), stream: streams[length]! };
  };

  const ended = await open();
  ended.stream.write('{"n":1}\n');
  gate.watches[0]!.hold();
  ended.stream.write('{"n":2}\n');
  gate.watches[0]!.end();
  // What was held back comes before the end, if it had come at all.
  expect(await ended.text).toMatch(/^(\{"n":1\}\n)?(\{"n":2\}\n)?$/);
  await vi.waitFor(() => expect(gate.watches).toEqual([]));

  const cut = await open();
  gate.watches[0]!.cutMidLine('in-order');
  cut.stream.write('{"n":3}\n');
  expect(await cut.text).toBe('{"n"');
  await vi.waitFor(() => expect(gate.watches).toEqual([]));

  const broken = await open();
  gate.watches[0]!.cutMidLine('broken');
  broken.stream.write('{"n":4}\n');
  expect(await broken.text).toMatch(/^broken: /);
  await vi.waitFor(() => expect(gate.watches).toEqual([]));

  const expired = await open();
  gate.watches[0]!.expire();
  expect(JSON.parse(await expired.text)).toMatchObject({ type: 'ERROR', object: { code: 410 } });
});
