/**
 * A small client of a cluster's API server, made for thousands of requests: kept-alive connections and JSON, nothing
 * else.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { parse } from 'yaml';

/** The HTTP methods of the Kubernetes API. */
export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An answer other than 2xx. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status. */
  readonly status: number;
  /** The reason of the Status object, such as `AlreadyExists`; empty when the answer was no Status. */
  readonly reason: string;

  constructor(request: string, status: number, body: string) {
    const { reason = '', message = body } = parseStatus(body);
    super(`${request}: ${status} ${reason} ${message}`);
    this.status = status;
    this.reason = reason;
  }
}

function parseStatus(body: string): { reason?: string; message?: string } {
  try {
    const status: { reason?: string; message?: string } = JSON.parse(body);
    return status;
  } catch {
    return {};
  }
}

/** How an {@link ApiClient} works. */
export interface ApiClientOptions {
  /** How many requests are under way at once; further ones queue. Default 32. */
  readonly connections?: number;
}

/** Requests to one API server, with the credentials of a kubeconfig. */
export class ApiClient {
  /** The URL of the API server. */
  readonly server: string;
  readonly #pool: Pool;

  /** Reads a kubeconfig whose current user has a client certificate in files, as kwokctl writes it. */
  constructor(kubeconfigPath: string, { connections = 32 }: ApiClientOptions = {}) {
    const config: Kubeconfig = parse(readFileSync(kubeconfigPath, 'utf8'));
    const { server, 'certificate-authority': ca } = config.clusters[0].cluster;
    const { 'client-certificate': cert, 'client-key': key } = config.users[0].user;
    this.server = server;
    this.#pool = new Pool(server, {
      connections,
      // One HTTP/2 connection for all would be one TCP window and one server goroutine's frame loop.
      allowH2: false,
      connect: { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) },
    });
  }

  /**
   * Sends one request and returns the JSON of its answer; the caller vouches for its type `T`.
   *
   * @param path path and query, such as `/api/v1/nodes?limit=500`
   * @param body sent as JSON; a PATCH is a JSON merge patch when it is an object and a JSON patch when it is an array
   * @throws ApiError for any status but 2xx; the connection's error when there is no answer
   */
  async request<T = unknown>(method: ApiMethod, path: string, body?: object): Promise<T> {
    const answer = await this.#pool.request({
      method,
      path,
      headers: { accept: 'application/json', 'content-type': contentType(method, body) },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      throw new ApiError(`${method} ${path}`, answer.statusCode, text);
    }
    const json: T = JSON.parse(text);
    return json;
  }

  /**
   * GETs an answer that goes on for as long as the server likes, such as a watch, and yields its lines as they come:
   * all that were completed by one packet at a time. It ends with the answer.
   *
   * @param signal ends it with an AbortError
   * @throws ApiError for any status but 2xx; the connection's error when it breaks
   */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const headers = { accept: 'application/json' };
    const answer = await this.#pool.request({ method: 'GET', path, headers, signal, bodyTimeout: 0 });
    if (answer.statusCode !== 200)
      throw new ApiError(`GET ${path}`, answer.statusCode, await answer.body.text());
    let rest = '';
    for await (const text of answer.body.setEncoding('utf8')) {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
  }

  /** Ends all connections; requests under way fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function contentType(method: ApiMethod, body: object | undefined): string {
  if (method !== 'PATCH') return 'application/json';
  return Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json';
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority': string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate': string; readonly 'client-key': string } },
  ];
}
