/**
 * The extender over real HTTP on a port of its own: the real app, ledger and use cases; only the API server's part,
 * binding and reading pods, is played. The policy and nodes are those of the bodies in `fixtures/`.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { buildApp } from '../../src/extender/app.ts';
import type { RunningServer } from '../../src/http/server.ts';
import { listen } from '../../src/http/server.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import { Committer } from '../../src/scheduling/commit.ts';
import { Decider } from '../../src/scheduling/decide.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';
import { Preemptor } from '../../src/scheduling/preempt.ts';
import { Ranker } from '../../src/scheduling/rank.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { PodObject } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import { aNode, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { NO_SCOUT, plainChooser } from '../support/plain-chooser.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { QUIET_GAUGES } from '../support/quiet-gauges.ts';
import type { PolicyBuilder } from '../support/builders.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/spark-pi/resourcepolicy.yaml');

/** A body of /filter and /prioritize, as kube-scheduler writes it. */
export interface FilterBody {
  readonly Pod: PodObject;
  readonly NodeNames: readonly string[] | null;
  readonly Nodes: { readonly items: readonly { readonly metadata: { readonly name: string } }[] } | null;
}

export interface BindBody {
  readonly PodName: string;
  readonly PodNamespace: string;
  readonly PodUID: string;
  readonly Node: string;
}

/** A body captured from a real kube-scheduler. */
export function captured(
  name: 'filter-names' | 'filter-nodes' | 'prioritize-names' | 'prioritize-nodes',
): FilterBody {
  const body: FilterBody = JSON.parse(fixture(name));
  return body;
}

/** The body of /bind captured with them: the same pod, on the virtual node. */
export function capturedBind(): BindBody {
  const body: BindBody = JSON.parse(fixture('bind'));
  return body;
}

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8');
}

/** The policy of the Spark example: at most 2 on amd64 ECS, then 3 on ECI, for each submission. */
export function sparkPolicy(): PolicyBuilder {
  const { spec }: { spec: Readonly<Record<string, unknown>> } = parseYaml(readFileSync(EXAMPLE, 'utf8'));
  return aPolicy('spark').spec(spec);
}

/** One line of the log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; undefined when it is none. */
  readonly json: unknown;
}

export interface ExtenderOptions {
  readonly bodyLimitBytes?: number;
}

export class Extender {
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: { nowMs: () => 0 },
    checksAtBind: true,
    listener: QUIET,
  });
  readonly log: LogLine[] = [];
  /** What the API server was asked to bind. */
  readonly bindings: Binding[] = [];
  /** Pods that the API server holds beyond those that the watch has shown, by `namespace/name`. */
  readonly podsInApi = new Map<string, PodObject>();
  /** The API server's part in /bind. */
  onBind: (binding: Binding) => Promise<BindResult> = async () => ({ outcome: 'bound' });
  /** Why no decisions can be made. */
  unready: string | undefined;
  readonly #app;
  #server: RunningServer | undefined;

  constructor({ bodyLimitBytes = 1_000_000 }: ExtenderOptions) {
    const { ledger } = this;
    const matcher = new Matcher(ledger);
    const view = { unready: () => this.unready };
    const chooser = plainChooser(ledger, () => 0);
    const metrics = createMetrics({
      ...QUIET_GAUGES,
      shownPolicies: () => ledger.policiesOf('default'),
      reservations: () => ledger.reservationCount,
      trackedPods: () => ledger.podCount,
      trackedNodes: () => ledger.nodeCount,
      policies: () => ledger.policyCount,
      watchAges: () => [{ resource: 'pods', seconds: 1.5 }],
    });
    const logger = pino(
      { level: 'debug', base: null },
      { write: (line: string) => void this.log.push(asLogLine(line)) },
    );
    this.#app = buildApp({
      comes: async () => undefined,
      decider: new Decider({
        ledger,
        matcher,
        view,
        chooser,
        scout: NO_SCOUT,
        offers: { saw: () => undefined },
      }),
      preemptor: new Preemptor({ ledger, matcher, view, chooser, scout: NO_SCOUT }),
      ranker: new Ranker(ledger, matcher),
      committer: new Committer({
        ledger,
        matcher,
        view,
        binder: {
          bind: (binding) => {
            this.bindings.push(binding);
            return this.onBind(binding);
          },
        },
        pods: {
          readPod: async (namespace, name) => {
            const pod = this.podsInApi.get(`${namespace}/${name}`);
            return pod === undefined ? undefined : podFacts(pod);
          },
        },
      }),
      unready: view.unready,
      metrics,
      observe: (verb, outcome, seconds) => metrics.call(verb, outcome, seconds),
      decided: (decision) => metrics.decided(decision),
      committed: ({ place }) => metrics.bound(place),
      logger,
      bodyLimitBytes,
    });
  }

  async start(): Promise<void> {
    this.#server = await listen(this.#app, { host: '127.0.0.1', port: 0 });
  }

  get server(): RunningServer {
    if (this.#server === undefined) throw new Error('the extender does not listen');
    return this.#server;
  }

  get url(): string {
    return `http://${this.server.host}:${this.server.port}`;
  }

  /** POSTs a body, as JSON unless it is bytes or text already. */
  async post(path: string, body: unknown): Promise<Reply> {
    const bytes = typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
    return this.send('POST', path, bytes);
  }

  async get(path: string): Promise<Reply> {
    return this.send('GET', path);
  }

  /** The captured pod, or a variant of it, on the offered nodes. */
  async filter(change: Partial<FilterBody> = {}): Promise<Reply> {
    return this.post('/filter', { ...captured('filter-names'), ...change });
  }

  async bind(change: Partial<BindBody> = {}): Promise<Reply> {
    return this.post('/bind', { ...capturedBind(), ...change });
  }

  async send(
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const reply = await new Promise<Omit<Reply, 'json'>>((resolve, reject) => {
      const sent = { 'content-type': 'application/json', ...headers };
      const request = httpRequest(
        `${this.url}${path}`,
        { method, agent: false, headers: sent },
        (response) => {
          const { statusCode: status = 0, headers: answered } = response;
          text(response).then((said) => resolve({ status, headers: answered, text: said }), reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
    return { ...reply, json: asJson(reply.text) };
  }
}

/** An extender that knows the nodes of the fixtures and the given policies, and goes with the test. */
export async function anExtender(
  policies: readonly PolicyBuilder[] = [sparkPolicy()],
  options: ExtenderOptions = {},
): Promise<Extender> {
  const extender = new Extender(options);
  const nodes = [
    aNode('cn-beijing.192.168.0.11'),
    aNode('cn-beijing.192.168.0.12'),
    aNode('cn-beijing.192.168.0.21').arch('arm64'),
    aNode('virtual-kubelet-cn-beijing-i').virtual(),
  ];
  for (const node of nodes) extender.ledger.upsertNode(node.facts());
  for (const policy of policies) extender.ledger.upsertPolicy(parseResourcePolicy(policy.object()));
  await extender.start();
  onTestFinished(() => extender.server.close(0));
  return extender;
}

function asLogLine(line: string): LogLine {
  const fields: LogLine = JSON.parse(line);
  return fields;
}

function asJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
