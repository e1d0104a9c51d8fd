/** More than can be done: it is turned away at once, what was taken on is done, and nothing grows without limit. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ApiClient } from '../../src/cluster/api-client.ts';
import { Binder } from '../../src/cluster/binder.ts';
import { PodReader } from '../../src/cluster/pod-reader.ts';
import { anExtender } from '../extender/harness.ts';
import { aPod } from '../support/builders.ts';

const CONNECTIONS = 4;
const QUEUE = 60;
const CALLS = 300;

const answer = (response: ServerResponse): void =>
  void response.writeHead(201, { 'content-type': 'application/json' }).end('{"kind":"Status"}');

/** An API server that keeps every request waiting, until it is told to answer all. */
async function aSlowApiServer(): Promise<{ client: ApiClient; answerAll: () => void }> {
  const waiting: ServerResponse[] = [];
  let isSlow = true;
  const server = createServer((request, response) => {
    request.resume();
    if (isSlow) waiting.push(response);
    else answer(response);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const access = { epoch: 0, server: new URL(`http://127.0.0.1:${port}`), tls: {}, headers: {} };
  const client = new ApiClient({
    credentials: { access: async () => access, renew: async () => undefined },
    connections: CONNECTIONS,
    queueLimit: QUEUE,
    deadlineMs: 60_000,
  });
  onTestFinished(() => client.close());
  const answerAll = (): void => {
    isSlow = false;
    waiting.splice(0).forEach(answer);
  };
  return { client, answerAll };
}

it('bindings that a slow API server leaves unanswered', { timeout: 60_000 }, async () => {
  const { client, answerAll } = await aSlowApiServer();
  const version = { bindingCarriesLabels: async () => true };
  const binder = new Binder(client, new PodReader(client), version, () => true);
  const extender = await anExtender([]);
  extender.onBind = (binding) => binder.bind(binding);
  const pods = Array.from({ length: CALLS }, (_, i) => aPod(`p-${i}`).object());
  for (const pod of pods) extender.podsInApi.set(`default/${pod.metadata?.name}`, pod);

  const errors: string[] = [];
  const calls = pods.map(async ({ metadata }) => {
    const { status, json } = await extender.bind({ PodName: metadata!.name!, PodUID: metadata!.uid! });
    expect(status).toBe(200);
    errors.push(Object(json).Error);
  });

  // What is over the limit is told so at once, and all else is answered as ever.
  await expect.poll(() => errors.length, { timeout: 30_000 }).toBe(CALLS - CONNECTIONS - QUEUE);
  expect(new Set(errors.map((error) => error.replace(/p-\d+/, 'POD')))).toEqual(
    new Set([
      'the API server refused the binding: POST /api/v1/namespaces/default/pods/POD/binding: ' +
        `${CONNECTIONS + QUEUE} requests are already under way`,
    ]),
  );
  expect(client.pending).toBe(CONNECTIONS + QUEUE);
  expect((await extender.get('/healthz')).status).toBe(200);
  expect((await extender.filter()).status).toBe(200);

  // What was taken on is done.
  answerAll();
  await Promise.all(calls);
  expect(errors.filter((error) => error === '')).toHaveLength(CONNECTIONS + QUEUE);
  expect(client.pending).toBe(0);
  expect(extender.log.filter(({ level }) => level >= 50)).toEqual([]);
});
