import { describe, expect, it } from 'vitest';

import type { RestartReason } from '../../src/cluster/list-watch.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import type { Fault } from '../support/fake-api-server/faults.ts';
import { isList, isWatch } from '../support/fake-api-server/faults.ts';
import { annotate, aPod, aPodWatch, aServer, aSyncedPodWatch, deletePod, eventually } from './support.ts';

const UNIT = 'resource-policy.scheduling/unit';

describe('resuming', () => {
  it('goes on from the last event or bookmark', async () => {
    const server = await aServer();
    const { recorder } = await aSyncedPodWatch(server);
    const pod = aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    server.watches.cut();
    await eventually(() => expect(server.requests).toHaveLength(3));
    expect(server.requests[2]!.query.get('resourceVersion')).toBe(pod.metadata.resourceVersion);
    await eventually(() => expect(server.watches.count).toBe(1));
    server.watches.bookmark(4_711);
    server.watches.end();
    await eventually(() => expect(server.requests).toHaveLength(4));
    expect(server.requests[3]!.query.get('resourceVersion')).toBe('4711');
    expect(server.seen(isList)).toHaveLength(1);
  });

  it('tells what happened in between, deletions too, once', async () => {
    const server = await aServer();
    aPod(server, 'deleted');
    const { recorder, restarts } = await aSyncedPodWatch(server);
    const isDown = server.down();
    await eventually(() => expect(restarts.length).toBeGreaterThan(0));
    await isDown;
    deletePod(server, 'deleted');
    aPod(server, 'created');
    await server.listen();
    await eventually(() => expect(recorder.uidsOf('created')).toHaveLength(1));
    expect(recorder.told.map(({ what, name }) => `${what} ${name}`)).toEqual([
      'upsert deleted',
      'remove deleted',
      'upsert created',
    ]);
    expect(server.seen(isList)).toHaveLength(1);
  });

  it('drops half a line at the end of a connection, and gets the event again', async () => {
    const server = await aServer();
    const { recorder, restarts, relists } = await aSyncedPodWatch(server);
    server.watches.raw('{"type":"ADDED","object":{"metadata":{"name":"a","na');
    server.watches.freeze();
    const pod = aPod(server, 'a');
    server.watches.cut();
    await eventually(() => expect(recorder.uidsOf('a')).toEqual([pod.metadata.uid]));
    expect([restarts, relists]).toEqual([['connection'], []]);
  });

  it('takes no event twice', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    const { recorder } = await aSyncedPodWatch(server);
    server.watches.raw(`${JSON.stringify({ type: 'MODIFIED', object: pod })}\n`);
    aPod(server, 'b');
    await eventually(() => expect(recorder.uidsOf('b')).toHaveLength(1));
    expect(recorder.told.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('reads characters that are cut between chunks', async () => {
    const server = await aServer();
    server.watches.pieceBytes = 1;
    const { watch, restarts } = await aSyncedPodWatch(server);
    aPod(server, 'a', { [UNIT]: 'größer als ½ 日本 𝒳' });
    await eventually(() => expect(watch.size).toBe(1));
    expect(watch.getByName('default', 'a')?.recordedUnit).toBe('größer als ½ 日本 𝒳');
    expect(restarts).toEqual([]);
  });
});

describe('every way out leads back in', () => {
  const faults: { fault: Fault; want: RestartReason }[] = [
    { fault: { kind: 'break' }, want: 'connection' },
    { fault: { kind: 'answer', status: 403 }, want: 'forbidden' },
    { fault: { kind: 'answer', status: 404 }, want: 'not-found' },
    { fault: { kind: 'answer', status: 429 }, want: 'throttled' },
    { fault: { kind: 'answer', status: 500 }, want: 'server-error' },
    { fault: { kind: 'answer', status: 503 }, want: 'server-error' },
    { fault: { kind: 'answer', status: 405 }, want: 'rejected' },
  ];

  // A list waits a 429 out by itself, as any request.
  it.each(faults.filter(({ want }) => want !== 'throttled'))(
    'on the first connection: $fault.kind $fault.status',
    async ({ fault, want }) => {
      const server = await aServer();
      server.faults.add(fault);
      aPod(server, 'a');
      const { watch, restarts } = await aSyncedPodWatch(server);
      expect([restarts, watch.size]).toEqual([[want], 1]);
    },
  );

  it.each(faults)('on a later one: $fault.kind $fault.status', async ({ fault, want }) => {
    const server = await aServer();
    const { recorder, restarts } = await aSyncedPodWatch(server);
    server.faults.add(fault);
    server.watches.end();
    await eventually(() => expect(restarts).toEqual(['ended', want]));
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
  });

  it('asks for fresh credentials on 401, and goes on when the next ones are good', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 401 }, isWatch, 4);
    const { restarts } = await aSyncedPodWatch(server);
    expect(restarts).toEqual(['unauthorized', 'unauthorized']);
  });

  it('never gives up on 403, with waits that grow to 10 s and no further', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 403 }, isWatch, 12);
    const { watch, restarts, pace } = aPodWatch(server);
    pace.chance = 0.5;
    watch.start();
    await watch.whenSynced();
    expect(restarts).toEqual(Array.from({ length: 12 }, () => 'forbidden'));
    expect(pace.waitsMs).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000]);
  });

  it('waits as long as Retry-After says, but not for ever', async () => {
    const server = await aServer();
    for (const seconds of ['7', '86400'])
      server.faults.add({ kind: 'answer', status: 429, headers: { 'retry-after': seconds } }, isWatch);
    const { pace } = await aSyncedPodWatch(server);
    expect(pace.waitsMs).toEqual([7_000, 60_000]);
  });

  it('waits shortly again after a connection that lived, and longer after one that did not', async () => {
    const server = await aServer();
    const { pace, restarts } = await aSyncedPodWatch(server);
    pace.nowMs += 9_999;
    server.watches.end();
    await eventually(() => expect(restarts).toHaveLength(1));
    await eventually(() => expect(server.watches.count).toBe(1));
    server.watches.end();
    await eventually(() => expect(restarts).toHaveLength(2));
    await eventually(() => expect(server.watches.count).toBe(1));
    pace.nowMs += 10_000;
    server.watches.end();
    await eventually(() => expect(restarts).toHaveLength(3));
    expect(pace.waitsMs).toEqual([50, 100, 50]);
  });

  it('lists anew when the server fails five times to watch from where we are', async () => {
    const server = await aServer();
    const { recorder, restarts, relists } = await aSyncedPodWatch(server);
    server.faults.add({ kind: 'answer', status: 504 }, ({ query }) => query.has('resourceVersion'), 5);
    server.watches.end();
    await eventually(() => expect(relists).toEqual(['server-error']));
    expect(restarts).toEqual(['ended', ...Array.from({ length: 5 }, () => 'server-error')]);
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
  });

  it('lets go of a page that was asked for ahead when the one before it cannot be taken in', async () => {
    const server = await aServer();
    for (let index = 0; index < 1_001; index += 1) aPod(server, `p${index}`);
    server.faults.add({ kind: 'break' }, ({ query }) => query.has('continue'));
    let failures = 1;
    const { watch, restarts } = await aSyncedPodWatch(server, {
      handler: {
        upsert: () => {
          failures -= 1;
          if (failures === 0) throw new Error('not now');
        },
        remove: () => undefined,
      },
    });
    expect([watch.size, restarts[0]]).toEqual([1_001, 'handler-failed']);
    // What may have been too much at once comes in smaller pages.
    const limits = server.seen(isList).map(({ query }) => query.get('limit'));
    expect([limits[0], limits.at(-1)]).toEqual(['1000', '250']);
  });

  it('goes on after an ERROR event', async () => {
    const server = await aServer();
    const { recorder, restarts, relists } = await aSyncedPodWatch(server);
    server.watches.raw(
      `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd' } })}\n`,
    );
    await eventually(() => expect(restarts).toEqual(['server-error']));
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    expect(relists).toEqual([]);
  });
});

describe('listing anew', () => {
  it.each(['event', 'status'] as const)(
    'on 410 by %s: tells what went, came and was replaced',
    async (expiredAs) => {
      const server = await aServer();
      server.expiredAs = expiredAs;
      for (const name of ['stays', 'goes', 'replaced']) aPod(server, name);
      const { watch, recorder, restarts, relists } = await aSyncedPodWatch(server);
      await server.down();
      deletePod(server, 'goes');
      deletePod(server, 'replaced');
      const replacement = aPod(server, 'replaced');
      aPod(server, 'comes');
      server.store.compact();
      await server.listen();
      await eventually(() => expect(recorder.uidsOf('goes')).toEqual([]));
      expect(recorder.uidsOf('replaced')).toEqual([replacement.metadata.uid]);
      expect(recorder.uidsOf('comes')).toHaveLength(1);
      expect(recorder.toldOf('stays')).toHaveLength(1);
      expect([restarts.at(-1), relists, watch.synced]).toEqual(['expired', ['expired'], true]);
      // Others are answered between two small pages.
      expect(server.seen(isList).map(({ query }) => query.get('limit'))).toEqual(['1000', '250']);
      expect(recorder.complaints).toEqual([]);
    },
  );

  it('is not done faster and faster when each list has expired as soon as it ends', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 410 }, ({ query }) => query.has('resourceVersion'), 9);
    const { pace, relists } = await aSyncedPodWatch(server);
    await eventually(() => expect(server.watches.count).toBe(1));
    expect(relists).toEqual(Array.from({ length: 9 }, () => 'expired'));
    expect(pace.waitsMs).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it.each([
    { title: 'no JSON', line: '{"type":"ADDED","object":{"meta' },
    { title: 'no event', line: '{"kind":"Status"}' },
    {
      title: 'an object without uid',
      line: '{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}',
    },
    {
      title: 'an object without version',
      line: '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}',
    },
    { title: 'a bookmark without version', line: '{"type":"BOOKMARK","object":{}}' },
    { title: 'null', line: 'null' },
  ])('when a line is $title', async ({ line }) => {
    const server = await aServer();
    const { recorder, restarts, relists } = await aSyncedPodWatch(server);
    server.watches.raw(`${line}\n`);
    server.watches.freeze();
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    expect([restarts, relists]).toEqual([['bad-data'], ['bad-data']]);
    await eventually(() => expect(server.watches.count).toBe(1));
  });

  it('when a page is no list', async () => {
    const server = await aServer();
    aPod(server, 'a');
    server.faults.add({ kind: 'answer', status: 200, body: '{"kind":"Status"}' }, ({ query }) =>
      query.has('limit'),
    );
    server.faults.add({ kind: 'answer', status: 200, body: '<html>' }, ({ query }) => query.has('limit'));
    const { watch, restarts } = await aSyncedPodWatch(server);
    expect([watch.size, restarts]).toEqual([1, ['bad-data', 'bad-data']]);
  });
});

describe('a handler that throws', () => {
  it.each(['upsert', 'remove'] as const)('in %s is reported and gets it all again', async (failing) => {
    const server = await aServer();
    let failures = 1;
    const present = new Map<string, string>();
    const attempt = (what: string, act: () => void): void => {
      if (what === failing && failures > 0) {
        failures -= 1;
        throw new Error(`cannot ${what}`);
      }
      act();
    };
    const { watch, handlerErrors, restarts, relists } = await aSyncedPodWatch(server, {
      handler: {
        upsert: ({ uid, name }) => attempt('upsert', () => present.set(uid, name)),
        remove: ({ uid }) => attempt('remove', () => present.delete(uid)),
      },
    });
    aPod(server, 'goes');
    await eventually(() => expect([...present.values()]).toEqual(['goes']));
    deletePod(server, 'goes');
    await eventually(() => expect(present.size).toBe(0));
    expect(handlerErrors).toEqual([new Error(`cannot ${failing}`)]);
    expect([restarts, relists]).toEqual([['handler-failed'], ['handler-failed']]);
    expect(watch.size).toBe(0);
  });

  it('in the first list keeps the view unsynced', async () => {
    const server = await aServer();
    aPod(server, 'a');
    let failing = true;
    const { watch, handlerErrors } = aPodWatch(server, {
      handler: {
        upsert: () => {
          if (failing) throw new Error('not yet');
        },
        remove: () => undefined,
      },
    });
    watch.start();
    await eventually(() => expect(handlerErrors.length).toBeGreaterThan(3));
    expect(watch.synced).toBe(false);
    failing = false;
    await watch.whenSynced();
    expect(watch.size).toBe(1);
  });
});

function fail(): never {
  throw new Error('metrics are down');
}

describe('an observer that throws', () => {
  it('stops nothing', async () => {
    const server = await aServer();
    const observer = { restarted: fail, relisted: fail, handlerFailed: fail, parseFailed: fail };
    const { recorder } = await aSyncedPodWatch(server, { observer });
    server.watches.raw('garbage\n');
    await eventually(() => expect(server.seen(isList)).toHaveLength(2));
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
  });
});

describe('an object that cannot be parsed', () => {
  it('is reported and skipped; the stream goes on, from behind it', async () => {
    const server = await aServer();
    const { watch, parseErrors, restarts } = await aSyncedPodWatch(server, {
      parse: (object) => {
        const pod = podFacts(Object(object));
        if (pod.recordedUnit === 'bad') throw new Error('no such unit');
        return pod;
      },
    });
    aPod(server, 'turns');
    aPod(server, 'born', { [UNIT]: 'bad' });
    await eventually(() => expect(parseErrors).toEqual(['pods default/born: no such unit']));
    const turned = annotate(server, 'turns', { [UNIT]: 'bad' });
    await eventually(() => expect(parseErrors).toHaveLength(2));
    expect(watch.getByName('default', 'born')).toBeUndefined();
    expect(watch.getByName('default', 'turns')).toMatchObject({ recordedUnit: undefined });
    expect(restarts).toEqual([]);
    server.watches.end();
    await eventually(() => expect(server.requests).toHaveLength(3));
    expect(server.requests[2]!.query.get('resourceVersion')).toBe(turned.metadata.resourceVersion);
    deletePod(server, 'born');
    deletePod(server, 'turns');
    await eventually(() => expect(watch.size).toBe(0));
  });
});

describe('liveness', () => {
  it('leaves a connection that says nothing for the idle limit, and misses nothing', async () => {
    const server = await aServer();
    const { recorder, restarts } = await aSyncedPodWatch(server, { idleMs: 150 });
    server.watches.freeze();
    aPod(server, 'a');
    await eventually(() => expect(recorder.uidsOf('a')).toHaveLength(1));
    expect(restarts[0]).toBe('idle');
  });

  it.each([
    ['a list', isList],
    ['a watch', isWatch],
  ])('leaves a server that does not answer %s', async (_title, isMeant) => {
    const server = await aServer();
    server.faults.add({ kind: 'hang' }, isMeant);
    const { restarts } = await aSyncedPodWatch(server, { idleMs: 150 });
    expect(restarts[0]).toBe('idle');
  });

  it('tells up to when nothing is missing: after a reconnection only from the first bookmark on', async () => {
    const server = await aServer();
    const { watch, recorder, pace, restarts } = await aSyncedPodWatch(server);
    expect(watch.currentAtMs).toBe(1_000);
    pace.nowMs = 2_000;
    server.watches.bookmark(server.store.version);
    await eventually(() => expect(watch.currentAtMs).toBe(2_000));
    pace.nowMs = 3_000;
    server.watches.end();
    await eventually(() => expect(restarts).toHaveLength(1));
    await eventually(() => expect([watch.following, watch.lastHeardMs]).toEqual([true, 3_000]));
    aPod(server, 'b');
    await eventually(() => expect(recorder.uidsOf('b')).toHaveLength(1));
    const afterReconnection = [watch.lastHeardMs, watch.currentAtMs];
    expect(afterReconnection).toEqual([3_000, 2_000]);
    pace.nowMs = 4_000;
    server.watches.bookmark(server.store.version);
    await eventually(() => expect(watch.currentAtMs).toBe(4_000));
    pace.nowMs = 5_000;
    aPod(server, 'c');
    await eventually(() => expect(watch.currentAtMs).toBe(5_000));
  });

  it('tells the same after a list, which is of the time at which its first page was asked for', async () => {
    const server = await aServer();
    for (let index = 0; index < 1_001; index += 1) aPod(server, `p${index}`);
    const lastPage = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: lastPage.promise }, ({ query }) => query.has('continue'));
    const { watch, pace } = aPodWatch(server);
    watch.start();
    await eventually(() => expect(watch.size).toBe(1_000));
    pace.nowMs = 2_000;
    lastPage.resolve();
    await watch.whenSynced();
    expect([watch.lastHeardMs, watch.currentAtMs]).toEqual([2_000, 1_000]);
    server.watches.bookmark(server.store.version);
    await eventually(() => expect(watch.currentAtMs).toBe(2_000));
  });

  it('tells when it last heard of the server, and not while it does not follow it', async () => {
    const server = await aServer();
    const { watch, pace, restarts, relists } = await aSyncedPodWatch(server);
    expect(watch.lastHeardMs).toBe(1_000);
    pace.nowMs = 2_000;
    server.watches.bookmark(server.store.version);
    await eventually(() => expect(watch.lastHeardMs).toBe(2_000));
    pace.nowMs = 3_000;
    aPod(server, 'a');
    await eventually(() => expect(watch.lastHeardMs).toBe(3_000));
    await server.down();
    pace.nowMs = 4_000;
    await eventually(() => expect(restarts.length).toBeGreaterThan(2));
    expect([watch.lastHeardMs, watch.following, watch.synced]).toEqual([3_000, false, true]);
    const gate = Promise.withResolvers<void>();
    server.faults.add({ kind: 'hold', until: gate.promise }, isList);
    server.store.compact();
    await server.listen();
    await eventually(() => expect(relists).toHaveLength(1));
    const duringRelist = [watch.following, watch.synced];
    expect(duringRelist).toEqual([false, true]);
    pace.nowMs = 5_000;
    gate.resolve();
    await eventually(() => expect([watch.lastHeardMs, watch.following]).toEqual([5_000, true]));
  });
});
