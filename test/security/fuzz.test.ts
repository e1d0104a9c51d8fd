/**
 * Every endpoint of the extender over real HTTP, with thousands of requests that nobody should send: never a crash, a hang,
 * an error of ours, an answer that is none, a place held for a pod that cannot be one, or memory that is not given back.
 * On failure fast-check prints the seed and the smallest request. `FUZZ_CASES` asks for more than the default.
 */
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { BindResult } from '../../src/scheduling/ports.ts';
import type { Extender, Reply } from '../extender/harness.ts';
import { anExtender, captured, sparkPolicy } from '../extender/harness.ts';
import { aPolicy } from '../support/builders.ts';
import type { HostileRequest } from './hostile.ts';
import { hostileRequest, OTHER_NAMESPACE } from './hostile.ts';

const CASES = Number(process.env['FUZZ_CASES'] ?? 10_000);
const MOST_MS = Math.max(300_000, CASES * 50);
/** An answer takes milliseconds; on a machine with much else to do some more. */
const HANGS_MS = 20_000;
const ERROR = 50;

/**
 * What may be remembered of requests that are over: for each of the last 20,000 refused and 20,000 removed pods its UID and
 * a few numbers, and as many attempts at preemption; some hundred bytes each.
 */
const REMEMBERED_BYTES = 3 * 20_000 * 400;

const STATUSES = new Set([200, 400, 403, 404, 408, 411, 413, 415, 417, 431, 503]);

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

async function send(server: { port: number }, request: HostileRequest): Promise<Reply> {
  const connections: readonly (Agent | false)[] = [agent, false];
  for (const connection of connections) {
    const reply = await sendBy(connection, server, request);
    if (reply !== undefined) return reply;
  }
  throw new Error('two connections were broken');
}

/** Undefined: the connection that was to be used again had just been closed, which may happen to any client. */
async function sendBy(
  connection: Agent | false,
  { port }: { port: number },
  { method, path, headers, body }: HostileRequest,
): Promise<Reply | undefined> {
  return new Promise((resolve, reject) => {
    const length = 'transfer-encoding' in headers ? {} : { 'content-length': body.length };
    const target = { host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } };
    const call = { ...target, agent: connection, timeout: HANGS_MS };
    const request = httpRequest(call, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      text(response).then(
        (said) => resolve({ status, headers: answered, text: said, json: parsed(said) }),
        reject,
      );
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${HANGS_MS} ms`)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isBroken = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      if (isBroken && request.reusedSocket) resolve(undefined);
      // It is not listened to any longer, and may notice that before it reads the answer.
      else if (isBroken && 'x-large' in headers)
        resolve({ status: 431, headers: {}, text: '', json: undefined });
      else reject(error);
    });
    request.end(body);
  });
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}

/** What is wrong with an answer; undefined: it is one. */
function problemWith({ method, path, body }: HostileRequest, reply: Reply): string | undefined {
  if (!STATUSES.has(reply.status)) return `status ${reply.status}: ${reply.text}`;
  if (method === 'HEAD' || reply.status === 417) return undefined;
  // By Node itself, before there is a request.
  if (reply.status === 431) return reply.text === '' ? undefined : 'a text with 431';
  if (Number(reply.headers['content-length']) !== Buffer.byteLength(reply.text))
    return 'another length than it says';
  if (method === 'GET' && /^\/(healthz|readyz|metrics)/.test(path) && reply.status === 200) return undefined;
  const answer = Object(reply.json) as Record<string, unknown>;
  if (reply.status !== 200)
    return isOnly(answer, { Error: 'string' }) ? undefined : `no error: ${reply.text}`;
  if (path === '/bind') return isOnly(answer, { Error: 'string' }) ? undefined : 'no binding result';
  if (path === '/preempt')
    return isOnly(answer, { NodeNameToMetaVictims: 'object' }) ? undefined : 'no victims';
  if (path === '/prioritize') return isRanking(reply.json) ? undefined : 'no scores';
  return problemWithFilter(answer, Object(parsed(body.toString())));
}

function isOnly(answer: Record<string, unknown>, fields: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(answer);
  return entries.length > 0 && entries.every(([field, value]) => typeof value === fields[field]);
}

function isRanking(json: unknown): boolean {
  return (
    Array.isArray(json) &&
    json.every(
      ({ Host, Score }) => typeof Host === 'string' && Number.isInteger(Score) && Score >= 0 && Score <= 10,
    )
  );
}

function problemWithFilter(
  answer: Record<string, unknown>,
  asked: Record<string, unknown>,
): string | undefined {
  const { NodeNames, Nodes, FailedAndUnresolvableNodes = {}, Error: error, ...others } = answer;
  if (Object.keys(others).length > 0) return `unknown fields ${Object.keys(others).join(', ')}`;
  if (error !== undefined) return typeof error === 'string' ? undefined : 'an error that is no text';
  const offered = new Set(namesIn(asked['NodeNames'] ?? asked['Nodes']));
  const named = [...namesIn(NodeNames ?? Nodes), ...Object.keys(FailedAndUnresolvableNodes as object)];
  return named.every((name) => offered.has(name)) ? undefined : 'nodes that were not offered';
}

function namesIn(nodes: unknown): readonly string[] {
  const list = Array.isArray(nodes) ? nodes : (Object(nodes).items as unknown[]);
  return list.map((node) => (typeof node === 'string' ? node : Object(node).metadata.name));
}

/** Whether it could be of a pod that the API server has. */
function isWellFormed({ uid, name, namespace, labels, annotations, requests, priority }: PodFacts): boolean {
  return (
    [name, namespace].every((part) => /^[a-z0-9][-.a-z0-9]{0,252}$/.test(part)) &&
    /^\S{1,253}$/.test(uid) &&
    [labels, annotations].every((map) => Object.values(map).every((value) => typeof value === 'string')) &&
    Object.values(requests).every(Number.isSafeInteger) &&
    Number.isSafeInteger(priority)
  );
}

/** Holds the extender and what its ledger holds to what may be, after each request. */
class Watch {
  readonly #extender: Extender;
  /** Pods that hold places. */
  readonly #holders = new Map<string, PodFacts>();
  #failures: unknown[] = [];

  constructor(extender: Extender) {
    this.#extender = extender;
    const failed = (reason: unknown): void => void this.#failures.push(reason);
    process.on('unhandledRejection', failed).on('uncaughtException', failed);
    onTestFinished(() => void process.off('unhandledRejection', failed).off('uncaughtException', failed));
  }

  check(request: HostileRequest, { status, text: said }: Reply): void {
    const { ledger, log, bindings } = this.#extender;
    const uid = uidIn(request);
    const pod = uid === undefined ? undefined : ledger.reservation(uid)?.pod;
    if (uid !== undefined && pod !== undefined) {
      if (!this.#holders.has(uid) && status !== 200) throw new Error(`${said}, and yet a place is held`);
      if (!isWellFormed(pod)) throw new Error(`a place for ${JSON.stringify(pod)}`);
      this.#holders.set(uid, pod);
    }
    const ofOurs = log.filter(({ level }) => level >= ERROR);
    if (ofOurs.length > 0) throw new Error(JSON.stringify(ofOurs));
    if (this.#failures.length > 0) throw new Error('unhandled', { cause: this.#failures[0] });
    if (ledger.reservationCount > this.#holders.size)
      throw new Error('a place is held for a pod of no request');
    log.length = 0;
    bindings.length = 0;
  }

  /** As if the watch showed every pod gone. */
  forgetAll(): void {
    for (const pod of this.#holders.values()) this.#extender.ledger.removePod(pod);
    this.#holders.clear();
  }
}

function uidIn({ body }: HostileRequest): string | undefined {
  const { Pod, PodUID } = Object(parsed(body.toString()));
  const uid: unknown = PodUID ?? Object(Object(Pod).metadata).uid;
  return typeof uid === 'string' ? uid : undefined;
}

/** Bytes in use once everything that can go has gone. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) collect();
  return process.memoryUsage().heapUsed;
}

/** Sends a request and looks at all that came of it; an error says what the request was. */
async function ask(extender: Extender, request: HostileRequest, watch: Watch): Promise<Reply> {
  try {
    const reply = await send(extender.server, request);
    const problem = problemWith(request, reply);
    if (problem !== undefined) throw new Error(problem);
    watch.check(request, reply);
    return reply;
  } catch (error) {
    const { method, path, headers, body } = request;
    const what = `${method} ${path} ${JSON.stringify(headers)}\n${body.toString('latin1').slice(0, 4_000)}`;
    throw new Error(`${error instanceof Error ? error.message : String(error)} after ${what}`, {
      cause: error,
    });
  }
}

it(`${CASES} hostile requests leave it as it was`, { timeout: MOST_MS }, async () => {
  const extender = await anExtender([
    sparkPolicy(),
    aPolicy('all')
      .in(OTHER_NAMESPACE)
      .selecting({})
      .unit({ resource: 'ecs', max: 5 })
      .unit({ resource: 'eci' }),
  ]);
  onTestFinished(() => agent.destroy());
  const results: readonly BindResult[] = [
    { outcome: 'bound' },
    { outcome: 'refused', status: 409, message: 'conflict' },
    { outcome: 'refused', status: 404, message: 'not found' },
    { outcome: 'unknown', message: 'lost' },
  ];
  let count = 0;
  extender.onBind = async () => results[(count += 1) % results.length]!;
  const { Pod } = captured('filter-names');
  extender.podsInApi.set(`${Pod.metadata?.namespace}/${Pod.metadata?.name}`, Pod);
  const watch = new Watch(extender);

  const run = async (numRuns: number): Promise<Record<number, number>> => {
    const statuses: Record<number, number> = {};
    await fc.assert(
      fc.asyncProperty(hostileRequest, async (request) => {
        const { status } = await ask(extender, request, watch);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }),
      // A smaller request may meet another state: the one that failed is the one to look at.
      { numRuns, endOnFailure: true },
    );
    watch.forgetAll();
    return statuses;
  };

  // Code is compiled, caches fill, connections open.
  await run(Math.ceil(CASES / 10));
  const before = heapBytes();
  const statuses = await run(CASES - Math.ceil(CASES / 10));
  const grown = heapBytes() - before;

  // Both sides of the line are walked on.
  expect(statuses[200]).toBeGreaterThan(CASES / 20);
  expect(statuses[400]).toBeGreaterThan(CASES / 5);
  expect(extender.ledger.reservationCount).toBe(0);
  expect(extender.ledger.audit()).toEqual([]);
  expect([...extender.ledger.groups()]).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Object({}).polluted).toBeUndefined();
  expect(grown).toBeLessThan(REMEMBERED_BYTES);
  const fresh = { ...Pod, metadata: { ...Pod.metadata, uid: 'uid-of-a-real-pod' } };
  const answer = await extender.filter({ Pod: fresh });
  expect(Object(answer.json).NodeNames).toEqual(['cn-beijing.192.168.0.11', 'cn-beijing.192.168.0.12']);
});
