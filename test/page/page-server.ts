/**
 * The page over a ledger and pods of the test's own, served as `serve` serves it.
 *
 * @module
 */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { podSections } from '../../src/cli/explain-text.ts';
import type { PodObject } from '../../src/facts/pod-facts.ts';
import { lastWord } from '../../src/facts/last-word.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { PAGE_LIMITS } from '../../src/http/limits.ts';
import type { RunningServer } from '../../src/http/server.ts';
import { listen } from '../../src/http/server.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Replica } from '../../src/page/answers.ts';
import type { PageParts } from '../../src/page/app.ts';
import { buildPageApp } from '../../src/page/app.ts';
import type { Seen } from '../../src/page/questions.ts';
import type { ResourcePolicy } from '../../src/policy/resource-policy.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { NodeBuilder, PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';

/** A cluster that the page looks at, and that can be changed while it does. */
export class Scene {
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: { nowMs: () => 0 },
    checksAtBind: true,
    listener: QUIET,
  });
  readonly matcher = new Matcher(this.ledger);
  readonly #policies = new Map<string, ResourcePolicy>();
  readonly #pods = new Map<string, PodFacts>();
  readonly #objects = new Map<string, PodObject>();
  /** How often the API server was asked for a pod. */
  reads = 0;
  replica: Replica = {
    instance: 'one',
    version: '0.1.0',
    host: 'resource-policy-0',
    address: '127.0.0.1:8910',
    leads: true,
    isComplete: true,
    ages: [{ resource: 'pods', seconds: 1 }],
  };

  policy(...builders: readonly PolicyBuilder[]): this {
    for (const builder of builders) {
      const policy = builder.parsed();
      this.ledger.upsertPolicy(policy);
      this.#policies.set(`${policy.namespace}/${policy.name}`, policy);
    }
    return this;
  }

  node(...builders: readonly NodeBuilder[]): this {
    for (const builder of builders) this.ledger.upsertNode(builder.facts());
    return this;
  }

  pod(...builders: readonly PodBuilder[]): this {
    for (const builder of builders) {
      const facts = builder.facts();
      this.ledger.upsertPod(facts);
      this.#pods.set(`${facts.namespace}/${facts.name}`, facts);
      this.#objects.set(`${facts.namespace}/${facts.name}`, builder.object());
    }
    return this;
  }

  remove(builder: PodBuilder): void {
    const facts = builder.facts();
    this.ledger.removePod(facts);
    this.#pods.delete(`${facts.namespace}/${facts.name}`);
  }

  parts(changes: Partial<PageParts> = {}): PageParts {
    return {
      ledger: this.ledger,
      matcher: this.matcher,
      policies: seen(this.#policies),
      pods: seen(this.#pods),
      details: async (namespace, name) => {
        this.reads += 1;
        const object = this.#objects.get(`${namespace}/${name}`);
        return object && { constraints: podConstraints(object), lastWord: lastWord(object) };
      },
      describe: podSections,
      clock: {
        nowMs: () => performance.now(),
        wallMs: () => Date.now(),
        pause: async (ms) =>
          new Promise((resolve) => {
            setTimeout(resolve, ms);
          }),
      },
      replica: () => this.replica,
      isLoopback: true,
      failed: (error) => {
        throw error;
      },
      ...changes,
    };
  }

  /** @param port 0 takes any free one. */
  async serve(changes: Partial<PageParts> = {}, port = 0): Promise<RunningServer> {
    return listen(buildPageApp(this.parts(changes)), { host: '127.0.0.1', port }, { limits: PAGE_LIMITS });
  }
}

function seen<Item>(items: ReadonlyMap<string, Item>): Seen<Item> {
  return {
    items: () => items.values(),
    getByName: (namespace, name) => items.get(`${namespace}/${name}`),
  };
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** As the browser asks; headers as given, whatever fetch thinks of them. */
export async function get(
  { port }: { readonly port: number },
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const all = { 'resource-policy-viewer': 'test', ...headers };
    request({ host: '127.0.0.1', port, path, method, headers: all, agent: false }, (response) => {
      text(response).then(
        (said) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: said }),
        reject,
      );
    })
      .on('error', reject)
      .end();
  });
}

/** The answer to a question. */
export async function asked<Answer>(
  server: { readonly port: number },
  question: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const got = await get(server, `/api/${question}?${new URLSearchParams(query).toString()}`);
  if (got.status !== 200) throw new Error(`${question} was answered with ${got.status}: ${got.text}`);
  const answer: Answer = JSON.parse(got.text);
  return answer;
}
