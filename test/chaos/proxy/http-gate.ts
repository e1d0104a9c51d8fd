/**
 * A way to the API server, request by request: it can refuse, hold back, lose answers, and handle watches roughly. A
 * request that was passed on is never taken back, whatever becomes of the client: so do load balancers, and so does the
 * API server itself with a request that it has begun.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { Agent, createServer, request as upstreamRequest } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Certificate } from '../../../src/admission/certificate.ts';
import { createCertificate } from '../../../src/admission/certificate.ts';
import { WatchRelay } from './watch-relay.ts';

/** A request on its way. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
  readonly isBinding: boolean;
}

/** What is done to a request instead of passing it on at once and its answer back. */
export type Treatment =
  /** Answered by us, unseen by the API server. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Passed on after this time, even when the client has given up. */
  | { readonly kind: 'hold'; readonly ms: number }
  /** Carried out, and then the connection breaks without an answer. */
  | { readonly kind: 'lose-answer' }
  /** Carried out, and answered after this time. */
  | { readonly kind: 'hold-answer'; readonly ms: number };

/** @returns undefined: the request is none of this rule's. */
export type Rule = (request: Passing) => Treatment | undefined;

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority': string } },
  ];
}

const DAY_MS = 86_400_000;

export class HttpGate {
  readonly #target: URL;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #rules = new Set<Rule>();
  readonly #watches = new Set<WatchRelay>();
  /** What clients must trust. */
  readonly certificate: string;
  /** Requests treated by a rule. */
  treated = 0;
  port = 0;

  private constructor(target: URL, ca: Buffer, certificate: Certificate) {
    this.#target = target;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: 256 });
    this.certificate = certificate.certPem;
    this.#server = createServer(
      { cert: certificate.certPem, key: certificate.keyPem },
      (request, response) => {
        void this.#serve(request, response);
      },
    );
    // Streams of watches are silent for long.
    this.#server.requestTimeout = 0;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', () => undefined);
  }

  /** To the API server of a kubeconfig, with the credentials of whoever asks; {@link close} is owed. */
  static async to(kubeconfigPath: string): Promise<HttpGate> {
    const config: Kubeconfig = parse(readFileSync(kubeconfigPath, 'utf8'));
    const { server, 'certificate-authority': ca } = config.clusters[0].cluster;
    const certificate = await createCertificate({ host: '127.0.0.1', nowMs: Date.now(), validForMs: DAY_MS });
    const gate = new HttpGate(new URL(server), readFileSync(ca), certificate);
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    const address = gate.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the gate listens on no port');
    gate.port = address.port;
    return gate;
  }

  /** Applies to requests from now on; the first rule that has a treatment wins. @returns takes it back. */
  add(rule: Rule): () => void {
    this.#rules.add(rule);
    return () => void this.#rules.delete(rule);
  }

  /** The watches that are open. */
  get watches(): readonly WatchRelay[] {
    return [...this.#watches];
  }

  /** The connections of clients. */
  get clients(): readonly Socket[] {
    return [...this.#sockets];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const body = await bodyOf(request);
    const passing = passingOf(request);
    const treatment = this.#treatmentOf(passing);
    if (treatment !== undefined) this.treated += 1;
    if (treatment?.kind === 'refuse') {
      refuse(response, treatment);
      return;
    }
    if (treatment?.kind === 'hold') await sleep(treatment.ms);
    this.#forward({ request, response, body, passing, treatment });
  }

  #treatmentOf(passing: Passing): Treatment | undefined {
    for (const rule of this.#rules) {
      const treatment = rule(passing);
      if (treatment !== undefined) return treatment;
    }
    return undefined;
  }

  #forward({ request, response, body, passing, treatment }: Errand): void {
    const { host: _ours, connection: _hop, 'transfer-encoding': _coding, ...headers } = request.headers;
    const upstream = upstreamRequest(
      new URL(passing.path, this.#target),
      {
        method: passing.method,
        headers: { ...headers, 'content-length': String(body.length) },
        agent: this.#agent,
      },
      (answer) => {
        if (passing.isWatch && answer.statusCode === 200) this.#relay(answer, response);
        else void passBack(answer, response, treatment);
      },
    );
    upstream.on('error', () => response.destroy());
    if (passing.isWatch) response.once('close', () => upstream.destroy());
    upstream.end(body);
  }

  #relay(answer: IncomingMessage, response: ServerResponse): void {
    const relay = new WatchRelay(answer, response);
    this.#watches.add(relay);
    response.once('close', () => this.#watches.delete(relay));
  }
}

interface Errand {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly passing: Passing;
  readonly treatment: Treatment | undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = await request.toArray().catch(() => []);
  return Buffer.concat(chunks);
}

function passingOf({ method = '', url: path = '' }: IncomingMessage): Passing {
  return {
    method,
    path,
    isWatch: /[?&]watch=(1|true)\b/.test(path),
    isBinding: method === 'POST' && /\/binding(\?|$)/.test(path),
  };
}

function refuse(
  response: ServerResponse,
  { status, retryAfterSeconds }: Extract<Treatment, { kind: 'refuse' }>,
): void {
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  response.writeHead(status, { 'content-type': 'application/json' });
  const reason = status === 429 ? 'TooManyRequests' : 'InternalError';
  const answer = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    code: status,
    message: 'by the test',
  };
  response.end(JSON.stringify(answer));
}

async function passBack(
  answer: IncomingMessage,
  response: ServerResponse,
  treatment: Treatment | undefined,
): Promise<void> {
  try {
    const chunks: Buffer[] = await answer.toArray();
    if (treatment?.kind === 'hold-answer') await sleep(treatment.ms);
    if (treatment?.kind === 'lose-answer') {
      response.destroy();
      return;
    }
    const { connection: _hop, 'transfer-encoding': _coding, ...headers } = answer.headers;
    const body = Buffer.concat(chunks);
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': String(body.length) });
    response.end(body);
  } catch {
    response.destroy();
  }
}
