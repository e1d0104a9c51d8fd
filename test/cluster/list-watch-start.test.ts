import { describe, expect, it } from 'vitest';

import { isList, isWatch } from '../support/fake-api-server/faults.ts';
import { aPod, aPodWatch, aServer, aSyncedPodWatch, eventually } from './support.ts';

describe('the first sync', () => {
  it('asks for the initial events, with a consistent start and bookmarks', async () => {
    const server = await aServer();
    await aSyncedPodWatch(server);
    expect(Object.fromEntries(server.requests[0]!.query)).toEqual({
      watch: '1',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '450',
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    { chance: 0, want: '300' },
    { chance: 0.9999, want: '600' },
  ])('bounds the life of a connection: chance $chance gives $want s', async ({ chance, want }) => {
    const server = await aServer();
    const { watch, pace } = aPodWatch(server);
    pace.chance = chance;
    watch.start();
    await watch.whenSynced();
    expect(server.requests[0]!.query.get('timeoutSeconds')).toBe(want);
  });

  it('is reached at the bookmark that ends the initial events, not before', async () => {
    const server = await aServer();
    server.watches.holdInitialEnd = true;
    const pod = aPod(server, 'a');
    const { watch, recorder } = aPodWatch(server);
    let resolved = false;
    watch.start();
    const syncing = watch.whenSynced().finally(() => {
      resolved = true;
    });
    await eventually(() => expect(recorder.uidsOf('a')).toEqual([pod.metadata.uid]));
    server.watches.bookmark(server.store.version);
    aPod(server, 'b');
    await eventually(() => expect(recorder.uidsOf('b')).toHaveLength(1));
    expect([watch.synced, watch.following, watch.lastHeardMs, resolved]).toEqual([
      false,
      false,
      -Infinity,
      false,
    ]);
    server.watches.endInitialEvents(server.store.version);
    await syncing;
    expect([watch.synced, watch.following, watch.lastHeardMs]).toEqual([true, true, 1_000]);
  });

  it('starts from scratch when the initial events break off: no version of an item counts', async () => {
    const server = await aServer();
    server.watches.holdInitialEnd = true;
    aPod(server, 'a');
    const { watch, recorder, restarts } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    server.watches.holdInitialEnd = false;
    server.watches.cut();
    await watch.whenSynced();
    expect(restarts).toEqual(['connection']);
    expect(server.requests.map(({ query }) => query.get('sendInitialEvents'))).toEqual(['true', 'true']);
    expect(recorder.told).toHaveLength(1);
  });

  it.each([400, 422] as const)(
    'lists by pages of 500 where WatchList is refused with %i, then watches',
    async (status) => {
      const server = await aServer();
      server.watchList = status;
      for (let index = 0; index < 1_001; index += 1) aPod(server, `p${index}`);
      const { watch, recorder, restarts } = await aSyncedPodWatch(server);
      expect(watch.size).toBe(1_001);
      const pages = server.seen(isList);
      expect(pages.map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500']);
      expect(pages.map(({ query }) => query.has('continue'))).toEqual([false, true, true]);
      const listed = String(server.store.version);
      await eventually(() => expect(server.watches.count).toBe(1));
      expect(server.seen(isWatch).at(-1)?.query.get('resourceVersion')).toBe(listed);
      aPod(server, 'late');
      await eventually(() => expect(recorder.uidsOf('late')).toHaveLength(1));
      expect(restarts).toEqual([]);
    },
  );

  it('is about to be reached until something goes wrong', async () => {
    const server = await aServer();
    const { watch, restarts } = aPodWatch(server);
    expect(watch.isStarting).toBe(true);
    server.faults.add({ kind: 'answer', status: 404 });
    watch.start();
    await eventually(() => expect(restarts).not.toEqual([]));
    expect(watch.isStarting).toBe(false);
  });

  it('is not reached before the last page', async () => {
    const server = await aServer();
    server.watchList = 422;
    for (let index = 0; index < 501; index += 1) aPod(server, `p${index}`);
    const lastPage = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: lastPage.promise }, ({ query }) => query.has('continue'));
    const { watch } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(watch.size).toBe(500));
    expect(watch.synced).toBe(false);
    lastPage.resolve();
    await watch.whenSynced();
    expect(watch.size).toBe(501);
  });

  it('starts the list over when its continuation has expired', async () => {
    const server = await aServer();
    server.watchList = 400;
    for (let index = 0; index < 501; index += 1) aPod(server, `p${index}`);
    server.faults.add({ kind: 'answer', status: 410 }, ({ query }) => query.has('continue'));
    const { watch, restarts, relists } = await aSyncedPodWatch(server);
    expect([watch.size, restarts, relists]).toEqual([501, ['expired'], ['expired']]);
    expect(server.seen(isList).map(({ query }) => query.has('continue'))).toEqual([false, true, false, true]);
  });

  it('lists by pages when a server that does not know WatchList ends the watch without saying that it was all', async () => {
    const server = await aServer();
    server.watchList = 'ignored';
    aPod(server, 'a');
    const { watch, recorder, restarts } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    server.watches.end();
    await watch.whenSynced();
    expect(restarts).toEqual(['ended']);
    expect(server.seen(isList)).toHaveLength(1);
  });

  it('lists by pages when such a server falls silent', async () => {
    const server = await aServer();
    server.watchList = 'ignored';
    const { restarts } = await aSyncedPodWatch(server, { idleMs: 100 });
    expect(restarts).toEqual(['idle']);
    expect(server.seen(isList)).toHaveLength(1);
  });

  it('finds items by uid and by name', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    const { watch } = await aSyncedPodWatch(server);
    expect(watch.get(pod.metadata.uid)?.name).toBe('a');
    expect(watch.getByName('default', 'a')?.uid).toBe(pod.metadata.uid);
    expect(watch.getByName('other', 'a')).toBeUndefined();
    expect([...watch.items()].map(({ name }) => name)).toEqual(['a']);
  });
});

describe('starting and stopping', () => {
  it('has one connection however often it is started', async () => {
    const server = await aServer();
    const { watch } = aPodWatch(server);
    watch.start();
    watch.start();
    await watch.whenSynced();
    watch.start();
    aPod(server, 'a');
    await eventually(() => expect(watch.size).toBe(1));
    expect([server.watches.count, server.requests.length]).toEqual([1, 1]);
  });

  it('leaves no connection and tells nothing more once stopped', async () => {
    const server = await aServer();
    const { watch, recorder } = await aSyncedPodWatch(server);
    await watch.stop();
    aPod(server, 'a');
    await eventually(() => expect(server.watches.count).toBe(0));
    expect(recorder.told).toEqual([]);
  });

  it('can be stopped while it connects, and then leaves no connection either', async () => {
    const server = await aServer();
    const answer = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: answer.promise });
    const { watch, restarts } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(server.requests).toHaveLength(1));
    await watch.stop();
    answer.resolve();
    await eventually(() => expect(server.watches.count).toBe(0));
    expect([watch.synced, restarts]).toEqual([false, []]);
  });

  it.each([
    { by: 'a page', watchList: 422 },
    { by: 'a chunk of a watch', watchList: 'served' },
  ] as const)('can be stopped by its own handler, which hears nothing more of $by', async ({ watchList }) => {
    const server = await aServer();
    server.watchList = watchList;
    if (watchList === 422) for (const name of ['a', 'b', 'c']) aPod(server, name);
    const told: string[] = [];
    const stopping = Promise.withResolvers<void>();
    const { watch } = aPodWatch(server, {
      handler: {
        upsert: ({ name }) => {
          told.push(name);
          stopping.resolve(watch.stop());
        },
        remove: ({ name }) => told.push(`-${name}`),
      },
    });
    watch.start();
    await eventually(() => expect(server.requests.length).toBeGreaterThan(0));
    const metadata = { namespace: 'default', resourceVersion: '1' };
    const lines = ['a', 'b'].map((name) => ({
      type: 'ADDED',
      object: { metadata: { ...metadata, name, uid: name } },
    }));
    if (watchList === 'served') server.watches.raw(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await stopping.promise;
    expect(told).toEqual(['a']);
  });

  it('is stopped only when its loop has ended', async () => {
    const server = await aServer();
    await server.down();
    const waiting = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const { watch } = aPodWatch(server, {
      pace: {
        now: () => 0,
        random: () => 0.5,
        pause: () => {
          waiting.resolve();
          return end.promise;
        },
      },
    });
    watch.start();
    await waiting.promise;
    let isStopped = false;
    const stopping = watch.stop().finally(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    end.resolve();
    await stopping;
    await server.listen();
  });

  it('can be stopped while it waits to try again', async () => {
    const server = await aServer();
    await server.down();
    const waiting = Promise.withResolvers<void>();
    const { watch } = aPodWatch(server, {
      pace: {
        now: () => 0,
        random: () => 0.5,
        pause: (_ms, signal) => {
          waiting.resolve();
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve());
          });
        },
      },
    });
    watch.start();
    await waiting.promise;
    await watch.stop();
    expect(watch.synced).toBe(false);
    await server.listen();
  });

  it('rejects who waits for a sync that will not come', async () => {
    const server = await aServer();
    server.watches.holdInitialEnd = true;
    const { watch } = aPodWatch(server);
    watch.start();
    const [waiting] = await Promise.allSettled([watch.whenSynced(), watch.stop()]);
    expect(waiting).toMatchObject({
      reason: new Error('the watch of pods was stopped before it had synced'),
    });
    await expect(watch.whenSynced()).rejects.toThrow('stopped');
  });

  it('stays stopped', async () => {
    const server = await aServer();
    const { watch } = aPodWatch(server);
    await watch.stop();
    watch.start();
    await watch.stop();
    expect(server.requests).toEqual([]);
  });
});
