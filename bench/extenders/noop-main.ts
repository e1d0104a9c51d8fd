/**
 * The no-op extender, a process of its own: `node noop-main.ts CONFIG.json`. It prints its URL when it listens.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Histogram, Registry } from 'prom-client';
import { ApiClient } from '../../test/control-plane/api-client.ts';
import type { StaticUnit } from './same-nodes.ts';
import { SameNodes } from './same-nodes.ts';

/** What it is told. */
export interface NoopConfig {
  readonly kubeconfigPath: string;
  readonly groupLabel: string;
  /** Whether every job has every max for itself. */
  readonly perJob: boolean;
  /** Undefined: every node is returned. */
  readonly units: readonly StaticUnit[] | undefined;
}

interface FilterRequest {
  readonly Pod: {
    readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>> };
  };
  readonly NodeNames: readonly string[];
}

interface BindRequest {
  readonly PodName: string;
  readonly PodNamespace: string;
  readonly PodUID: string;
  readonly Node: string;
}

const config: NoopConfig = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const api = new ApiClient(config.kubeconfigPath);
const sameNodes = config.units === undefined ? undefined : new SameNodes(config.units);
const registry = new Registry();
const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const seconds = (verb: string): Histogram =>
  new Histogram({ name: `noop_${verb}_seconds`, help: `Time of /${verb}.`, buckets, registers: [registry] });
const durations = new Map([
  ['/filter', seconds('filter')],
  ['/bind', seconds('bind')],
]);

function filter({ Pod, NodeNames }: FilterRequest): object {
  if (sameNodes === undefined) return { NodeNames };
  const { uid, labels } = Pod.metadata;
  const group = config.perJob ? (labels?.[config.groupLabel] ?? '') : '';
  const found = sameNodes.answer(uid, group, NodeNames);
  if (found.length > 0) return { NodeNames: found };
  const [first] = NodeNames;
  return {
    NodeNames: [],
    FailedAndUnresolvableNodes: first === undefined ? {} : { [first]: 'every unit is full' },
  };
}

async function bind({ PodName, PodNamespace, PodUID, Node }: BindRequest): Promise<object> {
  const path = `/api/v1/namespaces/${PodNamespace}/pods/${PodName}/binding`;
  const target = { apiVersion: 'v1', kind: 'Node', name: Node };
  try {
    await api.request('POST', path, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: PodName, uid: PodUID },
      target,
    });
    return { Error: '' };
  } catch (error) {
    return { Error: String(error) };
  }
}

async function answer(path: string, body: string): Promise<string> {
  if (path === '/metrics') return registry.metrics();
  const startMs = performance.now();
  const result = path === '/bind' ? await bind(JSON.parse(body)) : filter(JSON.parse(body));
  const text = JSON.stringify(result);
  durations.get(path)?.observe((performance.now() - startMs) / 1_000);
  return text;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const server = createServer((request, response) => {
  void (async () => {
    const text = await answer(request.url ?? '', await bodyOf(request));
    response.setHeader(
      'content-type',
      request.url === '/metrics' ? registry.contentType : 'application/json',
    );
    // With a length and in one piece: kube-scheduler keeps the connection only then.
    response.setHeader('content-length', Buffer.byteLength(text));
    response.end(text);
  })().catch((error: unknown) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
// kube-scheduler keeps idle connections for 90 s, and does not repeat a call that meets a closing one.
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
