/**
 * A small API server in this process: pods, nodes and resourcepolicies over HTTP on 127.0.0.1, with the rules that
 * our client depends on, and faults on demand. `test/contract/` holds it to the behaviour of the real one.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Fault, SeenRequest } from './faults.ts';
import { Faults, isWatch } from './faults.ts';
import { kubeconfig } from './kubeconfig.ts';
import { listPage } from './list-page.ts';
import type { Binding, Target } from './resources.ts';
import { bind, create, existing, patch, remove } from './resources.ts';
import { expired, StatusError, statusObject } from './status.ts';
import { isResource, Store } from './store.ts';
import { Watches } from './watches.ts';

/** As the API server: defaultGzipThresholdBytes in its handlers/responsewriters (1.36). */
const GZIP_FROM_BYTES = 128 * 1024;

const CORE = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/(pods|nodes)(?:\/([^/]+))?(?:\/(binding|status))?$/;
const POLICIES =
  /^\/apis\/scheduling\.alibabacloud\.com\/v1alpha1(?:\/namespaces\/([^/]+))?\/(resourcepolicies)(?:\/([^/]+))?(?:\/(status))?$/;

/** Starts a server; {@link FakeApiServer.close} is owed. */
export async function startFakeApiServer(): Promise<FakeApiServer> {
  const directory = await mkdtemp(join(tmpdir(), 'fake-api-server-'));
  const server = new FakeApiServer(directory);
  await server.listen();
  return server;
}

export class FakeApiServer {
  readonly faults = new Faults();
  readonly watches = new Watches();
  readonly store = new Store((event) => {
    this.watches.tell(event);
  });
  /** Every request so far, the newest last. */
  readonly requests: SeenRequest[] = [];
  readonly kubeconfigPath: string;
  /** Whether a watch from a forgotten version is refused with HTTP 410 or, as 1.36 does, with an ERROR event. */
  expiredAs: 'event' | 'status' = 'event';
  /** What GET /version says, and what Bindings do accordingly: before 1.35 their labels are dropped. */
  version = { major: '1', minor: '36' };
  /** Bearer token that is let in; undefined: anybody. */
  token: string | undefined;
  readonly #directory: string;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      fail(response, error);
    });
  });
  #port = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.kubeconfigPath = join(directory, 'kubeconfig.yaml');
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
    this.#port = address.port;
    await writeFile(this.kubeconfigPath, kubeconfig({ server: this.url, token: 'fake' }));
  }

  /** Stops listening and breaks every connection; {@link listen} takes the same port again. */
  async down(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.down();
    await rm(this.#directory, { recursive: true });
  }

  /** Requests that match, so far. */
  seen(matches: (request: SeenRequest) => boolean): SeenRequest[] {
    return this.requests.filter(matches);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await read(request);
    this.requests.push(seen);
    const fault = this.faults.next(seen);
    if (fault === undefined || fault.kind === 'hold') {
      await fault?.until;
      this.#answer(seen, response);
    } else {
      this.#misbehave(fault, seen, response);
    }
  }

  #binding(binding: Binding): Binding {
    if (Number.parseInt(this.version.minor, 10) >= 35) return binding;
    return { ...binding, metadata: { ...binding.metadata, labels: null } };
  }

  #misbehave(fault: Exclude<Fault, { kind: 'hold' }>, seen: SeenRequest, response: ServerResponse): void {
    switch (fault.kind) {
      case 'hang':
        return;
      case 'answer':
        response.writeHead(fault.status, fault.headers).end(fault.body ?? `fault ${fault.status}`);
        return;
      case 'lose-answer':
        this.#perform(seen);
        response.socket?.destroy();
        return;
      case 'break':
        response.socket?.destroy();
        return;
    }
  }

  #answer(seen: SeenRequest, response: ServerResponse): void {
    if (this.token !== undefined && seen.authorization !== `Bearer ${this.token}`) {
      throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    }
    if (isWatch(seen)) this.#watch(seen, response);
    else send(response, seen.method === 'POST' ? 201 : 200, this.#perform(seen), seen.takesGzip);
  }

  #watch(seen: SeenRequest, response: ServerResponse): void {
    const { resource, namespace } = targetOf(seen);
    const { query } = seen;
    const version = query.get('resourceVersion');
    const isExpired = version !== null && this.store.after(resource, Number(version)) === undefined;
    if (isExpired && this.expiredAs === 'status') throw expired();
    this.watches.add(this.store, { response, resource, namespace, query });
  }

  #perform(seen: SeenRequest): unknown {
    if (seen.path === '/version') return this.version;
    const target = targetOf(seen);
    if (target.name === '') {
      if (seen.method === 'POST') return create(this.store, target, JSON.parse(seen.body));
      if (seen.method === 'GET') return listPage(this.store, target, seen.query);
    } else if (target.subresource === 'binding') {
      if (seen.method === 'POST') return bind(this.store, target, this.#binding(JSON.parse(seen.body)));
    } else if (seen.method === 'GET') {
      return existing(this.store, target);
    } else if (seen.method === 'DELETE') {
      return remove(this.store, target);
    } else if (seen.method === 'PATCH') {
      requireMergePatch(seen);
      return patch(this.store, target, JSON.parse(seen.body));
    }
    throw new StatusError(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  }
}

function requireMergePatch(seen: SeenRequest): void {
  if (seen.contentType === 'application/merge-patch+json') return;
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    `the fake knows merge patches only, not ${seen.contentType}`,
  );
}

function targetOf(seen: SeenRequest): Target {
  const match = CORE.exec(seen.path) ?? POLICIES.exec(seen.path);
  const [, namespace, resource, name = '', subresource = ''] = match ?? [];
  if (!isResource(resource)) throw new StatusError(404, '', '404 page not found');
  return { resource, namespace, name: decodeURIComponent(name), subresource };
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url ?? '/', 'http://fake');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'],
    takesGzip: request.headers['accept-encoding'] === 'gzip',
    body: Buffer.concat(chunks).toString('utf8'),
    port: request.socket.remotePort,
  };
}

function send(response: ServerResponse, status: number, body: unknown, takesGzip = false): void {
  const text = JSON.stringify(body);
  const isPacked = takesGzip && text.length > GZIP_FROM_BYTES;
  const headers = { 'content-type': 'application/json', ...(isPacked ? { 'content-encoding': 'gzip' } : {}) };
  response.writeHead(status, headers).end(isPacked ? gzipSync(text) : text);
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof StatusError) send(response, error.code, statusObject(error));
  else send(response, 500, statusObject(new StatusError(500, 'InternalError', String(error))));
}
