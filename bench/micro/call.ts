/**
 * Measures a call of /filter in the server: over HTTP, with JSON as kube-scheduler sends it.
 *
 * @module
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Express } from 'express';
import express from 'express';
import { pino } from 'pino';
import { filterVerb } from '../../src/extender/filter.ts';
import { handler } from '../../src/extender/verb.ts';
import { readBody } from '../../src/http/body.ts';
import { listen } from '../../src/http/server.ts';
import { percentile, sorted } from '../report/statistics.ts';
import { podManifest } from '../workload/pods.ts';
import { parseAmounts } from '../workload/quantity.ts';
import type { MicroFigures } from './cases.ts';
import type { World, WorldSize } from './world.ts';
import { makeWorld } from './world.ts';

const US_PER_S = 1e6;
const BODY_LIMIT = { bytes: 10_000_000, wayOut: 'there is none' };
/** Bodies that are sent in turns. */
const BODIES = 50;

export interface CallFigures extends MicroFigures {
  /** Of the body. */
  readonly bytes: number;
}

/**
 * The time from the complete body to the answer, as the extender's own histogram has it.
 *
 * @param calls one after the other, after as many that do not count
 * @throws {Error} when a call is not answered with nodes
 */
export async function measureCall(size: WorldSize, calls: number): Promise<CallFigures> {
  const world = makeWorld(size, undefined);
  const taken: number[] = [];
  const app = appOf(world, (seconds) => taken.push(seconds));
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { port } = server;
    const bodies = Array.from({ length: BODIES }, (_, pod) => bodyOf(world, size, pod));
    // The compiler takes some hundred of them.
    const unmeasured = calls;
    for (let call = 0; call < unmeasured + calls; call += 1)
      await post({ port, agent, body: bodies[call % BODIES] ?? Buffer.of() });
    const rising = sorted(taken.slice(unmeasured));
    return {
      p50Us: percentile(rising, 50) * US_PER_S,
      p99Us: percentile(rising, 99) * US_PER_S,
      bytes: bodies[0]?.length ?? 0,
    };
  } finally {
    agent.destroy();
    await server.close(0);
  }
}

function appOf({ decider }: World, took: (seconds: number) => void): Express {
  const logger = pino({ level: 'info' });
  const verb = filterVerb({ decider, comes: async () => undefined, decided: () => undefined }, logger);
  const app = express();
  app.post(
    '/filter',
    readBody(BODY_LIMIT),
    handler(verb, logger, (_verb, _outcome, seconds = 0) => took(seconds)),
  );
  return app;
}

/** An executor as Spark makes it, and the names of all nodes. */
function bodyOf({ nodeNames }: World, { groups }: WorldSize, pod: number): Buffer {
  const requests = { cpu: '100m', memory: '128Mi' };
  const planned = {
    name: `asking-${pod}`,
    role: 'measured',
    job: `job-${pod % groups}`,
    requests,
    amounts: parseAmounts({ ...requests, pods: '1' }),
    nodeName: undefined,
  } as const;
  const { metadata, ...manifest }: { metadata: object } = Object(podManifest(planned));
  const Pod = { ...manifest, metadata: { ...metadata, uid: planned.name, resourceVersion: '1' } };
  return Buffer.from(JSON.stringify({ Pod, Nodes: null, NodeNames: nodeNames }));
}

async function post({ port, agent, body }: { port: number; agent: Agent; body: Buffer }): Promise<void> {
  const sent = request({
    port,
    agent,
    host: '127.0.0.1',
    path: '/filter',
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const said = await text(response);
  const { NodeNames = [] }: { NodeNames?: readonly string[] } = Object(JSON.parse(said));
  if (NodeNames.length === 0) throw new Error(`not what the measurement is about: ${said}`);
}
