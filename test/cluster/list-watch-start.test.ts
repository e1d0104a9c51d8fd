import { describe, expect, it, vi } from 'vitest';

import { isList, isWatch } from '../support/fake-api-server/faults.ts';
import { aClient, aPod, aPodWatch, aServer, aSyncedPodWatch, eventually } from './support.ts';

describe('the first sync', () => {
  it('lists by pages of one consistent state, then watches from there, with bookmarks', async () => {
    const server = await aServer();
    for (let index = 0; index < 2_001; index += 1) aPod(server, `p${index}`);
    const listed = String(server.store.version);
    const { watch, recorder, restarts } = await aSyncedPodWatch(server);
    expect(watch.size).toBe(2_001);
    const pages = server.seen(isList).map(({ query }) => query);
    expect(pages.map((query) => query.get('limit'))).toEqual(['1000', '1000', '1000']);
    expect(pages.map((query) => query.has('continue'))).toEqual([false, true, true]);
    // A version would let the server answer from what it knew some time ago.
    expect(pages.some((query) => query.has('resourceVersion'))).toBe(false);
    expect(server.seen(isWatch).map(({ query }) => Object.fromEntries(query))).toEqual([
      { watch: '1', allowWatchBookmarks: 'true', timeoutSeconds: '450', resourceVersion: listed },
    ]);
    aPod(server, 'late');
    await eventually(() => expect(recorder.uidsOf('late')).toHaveLength(1));
    expect(restarts).toEqual([]);
  });

  it.each([
    { chance: 0, want: '300' },
    { chance: 0.9999, want: '600' },
  ])('bounds the life of a connection: chance $chance gives $want s', async ({ chance, want }) => {
    const server = await aServer();
    const { watch, pace } = aPodWatch(server);
    pace.chance = chance;
    watch.start();
    await eventually(() => expect(server.watches.count).toBe(1));
    expect(server.seen(isWatch)[0]?.query.get('timeoutSeconds')).toBe(want);
  });

  it('starts from scratch when the list breaks off, and tells nothing twice', async () => {
    const server = await aServer();
    for (let index = 0; index < 1_001; index += 1) aPod(server, `p${index}`);
    server.faults.add({ kind: 'break' }, ({ query }) => query.has('continue'));
    const { recorder, restarts } = await aSyncedPodWatch(server);
    expect(restarts).toEqual(['connection']);
    expect(server.seen(isList).filter(({ query }) => !query.has('continue'))).toHaveLength(2);
    expect(recorder.told).toHaveLength(1_001);
  });

  it('is about to be reached until something goes wrong', async () => {
    const server = await aServer();
    const { watch, restarts } = aPodWatch(server);
    expect(watch.isStarting).toBe(true);
    server.faults.add({ kind: 'answer', status: 404 });
    watch.start();
    await eventually(() => expect(restarts).not.toEqual([]));
    expect(watch.isStarting).toBe(false);
  });

  it('is not reached before the watch from there is accepted', async () => {
    const server = await aServer();
    const accepted = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: accepted.promise }, isWatch);
    const { watch } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(server.requests).toHaveLength(2));
    expect([watch.synced, watch.following, watch.lastHeardMs]).toEqual([false, false, -Infinity]);
    accepted.resolve();
    await watch.whenSynced();
    expect([watch.following, watch.lastHeardMs]).toEqual([true, 1_000]);
  });

  it('is not reached before the last page', async () => {
    const server = await aServer();
    for (let index = 0; index < 1_001; index += 1) aPod(server, `p${index}`);
    const lastPage = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: lastPage.promise }, ({ query }) => query.has('continue'));
    const { watch } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(watch.size).toBe(1_000));
    expect([watch.synced, watch.following, watch.lastHeardMs]).toEqual([false, false, -Infinity]);
    lastPage.resolve();
    await watch.whenSynced();
    expect([watch.size, watch.following, watch.lastHeardMs]).toEqual([1_001, true, 1_000]);
  });

  it('asks for the next page when one has come, before that is parsed, and for none after it', async () => {
    const server = await aServer();
    for (let index = 0; index < 3_001; index += 1) aPod(server, `p${index}`);
    const client = aClient(server);
    const second = Promise.withResolvers<void>();
    let answered = 0;
    const { watch } = aPodWatch(server, {
      client: {
        request: async (request) => {
          const answer = await client.request(request);
          answered += 1;
          if (answered === 2) await second.promise;
          return answer;
        },
        stream: (path, options) => client.stream(path, options),
      },
    });
    watch.start();
    await eventually(() => expect([answered, watch.size]).toEqual([3, 1_000]));
    expect(server.seen(isList)).toHaveLength(3);
    second.resolve();
    await watch.whenSynced();
    expect([watch.size, server.seen(isList).length]).toEqual([3_001, 4]);
  });

  describe('of what others must be known before', () => {
    it.each([
      { title: 'is asked for at once, and told when they are', tookMs: 5_000, pages: 1 },
      { title: 'is asked for again when they took long', tookMs: 5_001, pages: 2 },
    ])('$title', async ({ tookMs, pages }) => {
      const server = await aServer();
      aPod(server, 'a');
      const others = Promise.withResolvers<void>();
      const client = aClient(server);
      const answers: unknown[] = [];
      const { watch, recorder, pace } = aPodWatch(server, {
        after: () => others.promise,
        client: {
          request: async (request) => {
            const answer = await client.request(request);
            answers.push(answer);
            return answer;
          },
          stream: (path, options) => client.stream(path, options),
        },
      });
      watch.start();
      await eventually(() => expect(answers).toHaveLength(1));
      await new Promise((resolve) => setImmediate(resolve));
      const early = [...recorder.told];
      aPod(server, 'b');
      pace.nowMs += tookMs;
      others.resolve();
      await eventually(() => expect(recorder.uidsOf('b')).toHaveLength(1));
      expect([early, server.seen(isList).length]).toEqual([[], pages]);
      expect(recorder.uidsOf('a')).toHaveLength(1);
    });

    it('is asked for again when it fails before they are', async () => {
      const server = await aServer();
      aPod(server, 'a');
      server.faults.add({ kind: 'answer', status: 500 });
      const others = Promise.withResolvers<void>();
      const { watch, restarts } = aPodWatch(server, { after: () => others.promise });
      watch.start();
      await eventually(() => expect(server.requests).toHaveLength(1));
      others.resolve();
      await watch.whenSynced();
      expect([watch.size, restarts]).toEqual([1, ['server-error']]);
    });

    it('begins again when they fail, and can be stopped meanwhile', async () => {
      const server = await aServer();
      const waits = [Promise.reject(new Error('no nodes')), new Promise(() => undefined)];
      const { watch, restarts } = aPodWatch(server, { after: async () => waits.shift() });
      watch.start();
      await eventually(() =>
        expect([restarts, server.seen(isList).length > 0]).toEqual([['internal'], true]),
      );
      await watch.stop();
      expect(watch.synced).toBe(false);
    });
  });

  it('starts the list over when its continuation has expired', async () => {
    const server = await aServer();
    for (let index = 0; index < 1_001; index += 1) aPod(server, `p${index}`);
    server.faults.add({ kind: 'answer', status: 410 }, ({ query }) => query.has('continue'));
    const { watch, restarts, relists } = await aSyncedPodWatch(server);
    expect([watch.size, restarts, relists]).toEqual([1_001, ['expired'], ['expired']]);
    expect(server.seen(isList).filter(({ query }) => !query.has('continue'))).toHaveLength(2);
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
    expect([server.watches.count, server.requests.length]).toEqual([1, 2]);
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

  it.each(['a page', 'a chunk of a watch'])(
    'can be stopped by its own handler, which hears nothing more of %s',
    async (by) => {
      const server = await aServer();
      if (by === 'a page') for (const name of ['a', 'b', 'c']) aPod(server, name);
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
      if (by !== 'a page') {
        await watch.whenSynced();
        await vi.waitUntil(() => server.watches.count === 1);
        const metadata = { namespace: 'default', resourceVersion: '1' };
        const lines = ['a', 'b'].map((name) =>
          JSON.stringify({ type: 'ADDED', object: { metadata: { ...metadata, name, uid: name } } }),
        );
        server.watches.raw(`${lines.join('\n')}\n`);
      }
      await stopping.promise;
      expect(told).toEqual(['a']);
    },
  );

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
    server.faults.add({ kind: 'hang' });
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
