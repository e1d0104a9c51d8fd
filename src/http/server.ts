/**
 * An HTTP server, plain, with TLS or with mutual TLS: listens, keeps its limits, takes new certificates without a break, and stops
 * without dropping an answer.
 *
 * @module
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Limits } from './limits.ts';
import { SCHEDULER_LIMITS } from './limits.ts';
import type { Tls } from './tls-files.ts';

/** How often connections are held against the limits of time, in milliseconds. */
const MOST_BETWEEN_CHECKS_MS = 1_000;

export interface ListenOptions {
  /** Default: those for kube-scheduler. */
  readonly limits?: Limits;
  /** TLS 1.3, for clients with a certificate of its client CA and for nobody else, if it has one. Absent: plain HTTP. */
  readonly tls?: Tls | undefined;
  /** Told why a connection was turned away before it could ask anything. */
  readonly turnedAway?: (why: string) => void;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /**
   * New connections see this material. Those that stand go on, unless the client CA changed: then they end, after the
   * answer under way, since their client may be one that is no longer to be trusted.
   */
  show(next: Tls): void;
  /** From now on it does not keep the process alive. */
  unref(): void;
  /** Takes no new connections, waits for the answers under way, at most `timeoutMs`, then breaks off. */
  close(timeoutMs: number): Promise<void>;
}

/** @throws {Error} when the address is taken or not ours. */
export async function listen(
  app: RequestListener,
  endpoint: { host: string; port: number },
  { limits = SCHEDULER_LIMITS, tls, turnedAway = () => undefined }: ListenOptions = {},
): Promise<RunningServer> {
  const underWay = new Set<ServerResponse>();
  const connections = new Map<string, Socket>();
  const requests = new WeakMap<Socket, number>();
  const ending = new WeakSet<Socket>();
  let isClosing = false;
  let shown = tls;

  const answer: RequestListener = (request, response) => {
    // Only where an earlier request of the connection has no answer yet. No client of ours does that; every request
    // that waits for its turn would be work taken on without limit.
    if (response.socket === null) {
      if (!ending.has(request.socket)) endAfterAnswer(request.socket, underWay);
      ending.add(request.socket);
      return;
    }
    const count = (requests.get(request.socket) ?? 0) + 1;
    requests.set(request.socket, count);
    // Node's own limit says that the connection ends, and leaves it to the client to end it. And it reads nothing more of
    // a connection on which another protocol was wished for.
    const isLast = count >= limits.requestsPerConnection || request.headers.upgrade !== undefined;
    if (isClosing || isLast) endsConnection(response);
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    limitBody(request, response, limits.bodyMs);
    app(request, response);
  };
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    // Node's own limit counts from the first byte, so it can only be the last resort.
    requestTimeout: limits.headersMs + limits.bodyMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(limits.headersMs, MOST_BETWEEN_CHECKS_MS),
  };
  const handshake = { ...whoMayConnect(tls), handshakeTimeout: limits.handshakeMs };
  const tlsServer =
    tls === undefined ? undefined : createTlsServer({ ...options, ...handshake, ...contextOf(tls) }, answer);
  const server = tlsServer ?? createServer(options, answer);
  server.timeout = limits.idleMs;
  server.maxConnections = limits.connections;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    connections.set(key, socket);
    socket.once('close', () => connections.delete(key));
  });
  server.on('drop', () => turnedAway(`${limits.connections} connections are open`));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const problem = handshakeProblem(error, socket);
    if (problem !== undefined) turnedAway(problem);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(endpoint.port, endpoint.host, resolve);
  });

  return {
    host: endpoint.host,
    port: portOf(server) ?? endpoint.port,
    show: (next) => {
      if (tlsServer === undefined) throw new Error('a plain server shows no certificate');
      tlsServer.setSecureContext(contextOf(next));
      const isTrustChanged = next.clientCa !== shown?.clientCa;
      shown = next;
      if (!isTrustChanged) return;
      underWay.forEach(endsConnectionForSure);
      const busy = new Set([...underWay].map(({ req }) => keyOf(req.socket)));
      // Those within a handshake, too: it would be judged by the old client CA.
      for (const [key, socket] of connections) if (!busy.has(key)) socket.destroy();
    },
    unref: () => void server.unref(),
    close: async (timeoutMs) => {
      isClosing = true;
      underWay.forEach(endsConnection);
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      clearTimeout(timer);
    },
  };
}

function whoMayConnect(tls: Tls | undefined): { requestCert: boolean; rejectUnauthorized: boolean } {
  const isChecked = tls?.clientCa !== undefined;
  return { requestCert: isChecked, rejectUnauthorized: isChecked };
}

function contextOf({ cert, key, clientCa }: Tls) {
  return { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa }), minVersion: 'TLSv1.3' } as const;
}

/** A body that takes too long is answered, if nothing was yet, and its connection ends. */
function limitBody(request: IncomingMessage, response: ServerResponse, bodyMs: number): void {
  const timer = setTimeout(() => {
    if (request.complete) return;
    if (response.headersSent) {
      request.destroy();
      return;
    }
    const text = JSON.stringify({ Error: `resource-policy: the body was not complete after ${bodyMs} ms` });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    response.writeHead(408, { ...headers, connection: 'close' }).end(text);
  }, bodyMs);
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
}

/** The answer under way is the last of its connection; nothing that follows on it is read. */
function endAfterAnswer(socket: Socket, underWay: ReadonlySet<ServerResponse>): void {
  socket.pause();
  for (const response of underWay) {
    if (response.req.socket !== socket) continue;
    endsConnection(response);
    response.once('finish', () => socket.destroySoon());
  }
}

/** Nothing that follows on its connection is read, whether its answer has begun or not. */
function endsConnectionForSure(response: ServerResponse): void {
  endsConnection(response);
  if (!response.headersSent) return;
  const { socket } = response.req;
  socket.pause();
  response.once('finish', () => socket.destroySoon());
}

/** Otherwise the connection would stay open, idle, for as long as keepAliveTimeout, and so would the server. */
function endsConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

/** The same for a connection and for the TLS within it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * What was wrong with the client's side: its certificate if it was looked at, else OpenSSL's word. Undefined: it went away
 * by itself, as whoever looks whether a port is open does.
 */
function handshakeProblem(error: NodeJS.ErrnoException, socket: TLSSocket): string | undefined {
  // Node sets it to a code, whatever its type says.
  const certificate: unknown = socket.authorizationError;
  if (typeof certificate === 'string') return certificate;
  return error.code === 'ECONNRESET' ? undefined : (error.code ?? error.message);
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
