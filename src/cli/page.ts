/**
 * The part of the composition root for the page.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { ApiClient } from '../cluster/api-client.ts';
import type { ListWatch } from '../cluster/list-watch.ts';
import { PodReader } from '../cluster/pod-reader.ts';
import type { ClusterView } from '../cluster/view.ts';
import { lastWord } from '../facts/last-word.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { buildPageApp } from '../page/app.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Matcher } from '../scheduling/matcher.ts';
import type { Turn } from '../scheduling/turn.ts';
import type { Logger } from '../telemetry/logger.ts';
import { podSections } from './explain-text.ts';
import type { LeaderWork } from './leader-work.ts';
import type { PageSettings } from './page-settings.ts';
import { isPageLocal } from './page-settings.ts';
import { VERSION } from './version.ts';

export interface PageParts {
  readonly settings: PageSettings;
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  readonly policies: Watch<ResourcePolicy>;
  readonly pods: Watch<PodFacts>;
  /** Everything that is listed before there is something to show. */
  readonly watches: readonly { readonly synced: boolean }[];
  readonly view: ClusterView;
  readonly turn: Turn;
  readonly work: LeaderWork;
  readonly client: ApiClient;
  readonly logger: Logger;
}

type Watch<Item extends PodFacts | ResourcePolicy> = Pick<ListWatch<Item>, 'items' | 'getByName'>;

export interface Page {
  readonly app: RequestListener;
  /** @param address where this replica listens for kube-scheduler. */
  started(address: string): void;
}

/** Undefined: no page is wanted. */
export function composePage(parts: PageParts): Page | undefined {
  const { settings, policies, pods, watches, view, turn, work, client, logger } = parts;
  if (settings.page === undefined) return undefined;
  const reader = new PodReader(client);
  const itself = { instance: randomUUID(), version: VERSION, host: hostname() };
  let address: string | undefined;
  const app = buildPageApp({
    ...parts,
    policies: seen(policies),
    pods: seen(pods),
    details: async (namespace, name) => {
      const pod = await reader.readObject(namespace, name);
      return pod && { constraints: podConstraints(pod), lastWord: lastWord(pod) };
    },
    describe: podSections,
    clock: {
      nowMs: () => performance.now(),
      wallMs: Date.now,
      pause: async (ms) => setTimeout(ms),
    },
    replica: () => {
      const leads = work.isLeading();
      // To have to wait for the lease is no problem of a replica that does not decide.
      const problem = leads ? turn.unready() : view.unready();
      return {
        ...itself,
        ...(address === undefined ? {} : { address }),
        leads,
        ...(problem === undefined ? {} : { problem }),
        isComplete: watches.every(({ synced }) => synced),
        ages: view.ages(),
      };
    },
    isLoopback: isPageLocal(settings),
    failed: (error) => logger.error({ err: error }, 'a question of the page could not be answered'),
  });
  return {
    app,
    started: (where) => {
      address = where;
    },
  };
}

function seen<Item extends PodFacts | ResourcePolicy>(watch: Watch<Item>): Watch<Item> {
  return {
    items: () => watch.items(),
    getByName: (namespace, name) => watch.getByName(namespace, name),
  };
}
