/**
 * What the tests of `src/cluster/` share: a server, a client of it, and watches whose time and chance are ours.
 *
 * @module
 */
import { onTestFinished, vi } from 'vitest';

import { ApiClient } from '../../src/cluster/api-client.ts';
import { Credentials } from '../../src/cluster/credentials.ts';
import type { ListWatchOptions, Pace, RestartReason } from '../../src/cluster/list-watch.ts';
import { ListWatch } from '../../src/cluster/list-watch.ts';
import { PODS_PATH } from '../../src/cluster/paths.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import { Recorder } from '../contract/recorder.ts';
import type { FakeApiServer } from '../support/fake-api-server/server.ts';
import { startFakeApiServer } from '../support/fake-api-server/server.ts';
import type { StoredObject } from '../support/fake-api-server/store.ts';

// Above the limit of `eventually`, whose error says more.
vi.setConfig({ testTimeout: 30_000 });

/** Waits for a condition; the limit is generous since it is met only by a failing test. */
export async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 10_000, interval: 5 });
}

/** A server that goes with the test. */
export async function aServer(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  onTestFinished(() => server.close());
  return server;
}

/** A client that goes with the test. */
export function aClient(
  server: FakeApiServer,
  options: Omit<ConstructorParameters<typeof ApiClient>[0], 'credentials'> = {},
): ApiClient {
  const credentials = Credentials.load({ kubeconfigPath: server.kubeconfigPath });
  const client = new ApiClient({ credentials, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Chance is fixed, waits are noted and hardly waited for, and the clock stands still until it is moved. */
export class TestPace implements Pace {
  readonly waitsMs: number[] = [];
  nowMs = 1_000;
  chance = 0.5;

  now(): number {
    return this.nowMs;
  }

  random(): number {
    return this.chance;
  }

  async pause(ms: number): Promise<void> {
    this.waitsMs.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface WatchedPods {
  readonly watch: ListWatch<PodFacts>;
  readonly recorder: Recorder<PodFacts>;
  readonly pace: TestPace;
  readonly restarts: RestartReason[];
  readonly relists: RestartReason[];
  readonly handlerErrors: unknown[];
  readonly parseErrors: string[];
}

/** A watch of the server's pods that goes with the test; not yet started. */
export function aPodWatch(
  server: FakeApiServer,
  options: Partial<ListWatchOptions<PodFacts>> = {},
): WatchedPods {
  const recorder = new Recorder<PodFacts>();
  const pace = new TestPace();
  const restarts: RestartReason[] = [];
  const relists: RestartReason[] = [];
  const handlerErrors: unknown[] = [];
  const parseErrors: string[] = [];
  const watch = new ListWatch<PodFacts>({
    name: 'pods',
    path: PODS_PATH,
    parse: (object) => podFacts(Object(object)),
    handler: recorder,
    client: options.client ?? aClient(server),
    pace,
    observer: {
      restarted: (reason) => restarts.push(reason),
      relisted: (reason) => relists.push(reason),
      handlerFailed: (error) => handlerErrors.push(error),
      parseFailed: (message) => parseErrors.push(message),
    },
    ...options,
  });
  onTestFinished(() => watch.stop());
  return { watch, recorder, pace, restarts, relists, handlerErrors, parseErrors };
}

/** The same, started and synced. */
export async function aSyncedPodWatch(
  server: FakeApiServer,
  options: Partial<ListWatchOptions<PodFacts>> = {},
): Promise<WatchedPods> {
  const watched = aPodWatch(server, options);
  watched.watch.start();
  await watched.watch.whenSynced();
  return watched;
}

/** Creates a pod behind the scenes. */
export function aPod(
  server: FakeApiServer,
  name: string,
  annotations: Record<string, string> = {},
): StoredObject {
  const pod = server.store.create('pods', { metadata: { name, namespace: 'default', annotations } });
  if (pod === undefined) throw new Error(`${name} exists`);
  return pod;
}

/** Changes a pod behind the scenes. */
export function annotate(
  server: FakeApiServer,
  name: string,
  annotations: Record<string, string>,
): StoredObject {
  return server.store.update('pods', stored(server, name), (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations };
  });
}

/** Deletes a pod behind the scenes. */
export function deletePod(server: FakeApiServer, name: string): StoredObject {
  return server.store.remove('pods', stored(server, name));
}

function stored(server: FakeApiServer, name: string): StoredObject {
  const pod = server.store.get('pods', name, 'default');
  if (pod === undefined) throw new Error(`${name} does not exist`);
  return pod;
}
