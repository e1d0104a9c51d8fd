import { describe, expect, it } from 'vitest';

import type { ApiClient } from '../../src/cluster/api-client.ts';
import type { BindRequest } from '../../src/cluster/binder.ts';
import { Binder } from '../../src/cluster/binder.ts';
import { PodReader } from '../../src/cluster/pod-reader.ts';
import { ServerVersion } from '../../src/cluster/server-version.ts';
import { isBinding } from '../support/fake-api-server/faults.ts';
import type { FakeApiServer } from '../support/fake-api-server/server.ts';
import type { StoredObject } from '../support/fake-api-server/store.ts';
import { aClient, annotate, aPod, aServer, deletePod } from './support.ts';

const UNIT = 'resource-policy.scheduling/unit';

function aBinder(client: ApiClient, isLeading = (): boolean => true): Binder {
  return new Binder(client, new PodReader(client), new ServerVersion(client), isLeading);
}

function toNode(pod: StoredObject, nodeName = 'n1'): BindRequest {
  const { name, uid } = pod.metadata;
  return { namespace: 'default', name, uid, nodeName, annotations: { [UNIT]: 'unit-a' } };
}

function nodeOf(server: FakeApiServer, name: string): unknown {
  return server.store.get('pods', name, 'default')?.spec['nodeName'];
}

function labelled(pod: StoredObject): BindRequest {
  return { ...toNode(pod), labels: { tier: 'eci' } };
}

function labelsOf(server: FakeApiServer): unknown {
  return server.store.get('pods', 'a', 'default')?.metadata.labels;
}

function asDecided(pod: StoredObject): BindRequest {
  return { ...toNode(pod), resourceVersion: pod.metadata.resourceVersion };
}

function change(server: FakeApiServer, pod: StoredObject): StoredObject {
  return server.store.update('pods', pod, (draft) => {
    draft.metadata.labels = { changed: 'yes' };
  });
}

const forbidden = { kind: 'answer', status: 403 } as const;

describe('a bind whose answer is lost', () => {
  it('is found to have been done', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    server.faults.add({ kind: 'lose-answer' });
    const result = await aBinder(aClient(server)).bind(toNode(pod));
    expect(result).toMatchObject({
      outcome: 'already-bound-here',
      pod: { uid: pod.metadata.uid, nodeName: 'n1', recordedUnit: 'unit-a' },
    });
    expect(server.seen(isBinding)).toHaveLength(2);
  });

  it('is unknown when it cannot be asked', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    server.faults.add({ kind: 'lose-answer' });
    server.faults.add({ kind: 'answer', status: 500 }, ({ method }) => method === 'GET');
    const result = await aBinder(aClient(server)).bind(toNode(pod));
    expect(result).toMatchObject({ outcome: 'unknown' });
    expect(nodeOf(server, 'a')).toBe('n1');
  });

  it('is unknown at the deadline, and is not sent twice', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    server.faults.add({ kind: 'hang' });
    const result = await aBinder(aClient(server, { deadlineMs: 100 })).bind(toNode(pod));
    expect(result).toMatchObject({ outcome: 'unknown' });
    expect(server.seen(isBinding)).toHaveLength(1);
  });

  it('is refused when the pod is gone by then: it can never be bound', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    deletePod(server, 'a');
    server.faults.add({ kind: 'break' });
    const result = await aBinder(aClient(server)).bind(toNode(pod));
    expect(result).toMatchObject({ outcome: 'refused', status: 404 });
  });

  it('is unknown, not refused, when the second try is refused for another reason', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    server.faults.add({ kind: 'lose-answer' });
    server.faults.add(forbidden);
    const result = await aBinder(aClient(server)).bind(toNode(pod));
    expect(result).toMatchObject({ outcome: 'unknown' });
    expect(nodeOf(server, 'a')).toBe('n1');
  });
});

describe('a bind that fails', () => {
  it.each([{ kind: 'break' }, { kind: 'answer', status: 500 }, { kind: 'answer', status: 503 }] as const)(
    'once by $kind $status is tried again',
    async (fault) => {
      const server = await aServer();
      const pod = aPod(server, 'a');
      server.faults.add(fault);
      await expect(aBinder(aClient(server)).bind(toNode(pod))).resolves.toEqual({ outcome: 'bound' });
      expect(nodeOf(server, 'a')).toBe('n1');
    },
  );

  it('twice by 500 is unknown', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 500 }, isBinding, 2);
    const result = await aBinder(aClient(server)).bind(toNode(aPod(server, 'a')));
    expect(result).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('500') });
  });

  it.each([400, 403, 422, 429])('by %i is refused', async (status) => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status, headers: { 'retry-after': '60' } });
    const result = await aBinder(aClient(server)).bind(toNode(aPod(server, 'a')));
    expect(result).toMatchObject({ outcome: 'refused', status });
    expect(nodeOf(server, 'a')).toBeUndefined();
  });

  it('for want of a server is refused: nothing was sent', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    await server.down();
    const result = await aBinder(aClient(server)).bind(toNode(pod));
    expect(result).toMatchObject({ outcome: 'refused', status: 0 });
    await server.listen();
  });

  it('since the pod is terminating is refused', async () => {
    const server = await aServer();
    const pod = server.store.update('pods', aPod(server, 'a'), (draft) => {
      draft.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    });
    const result = await aBinder(aClient(server)).bind(toNode(pod));
    expect(result).toMatchObject({
      outcome: 'refused',
      status: 409,
      message: expect.stringContaining('being deleted'),
    });
  });

  it('since somebody bound it elsewhere is refused, even after a broken try', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    const binder = aBinder(aClient(server));
    await binder.bind(toNode(pod, 'n2'));
    server.faults.add({ kind: 'break' });
    const result = await binder.bind(toNode(pod, 'n1'));
    expect(result).toMatchObject({ outcome: 'refused', status: 409, message: expect.stringContaining('n2') });
  });
});

describe('a conflict', () => {
  it('about a pod that is not bound is refused, but unknown when an earlier try may still arrive', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    const binder = aBinder(aClient(server));
    server.faults.add({ kind: 'answer', status: 409 });
    await expect(binder.bind(toNode(pod))).resolves.toMatchObject({ outcome: 'refused', status: 409 });
    server.faults.add({ kind: 'break' });
    server.faults.add({ kind: 'answer', status: 409 });
    await expect(binder.bind(toNode(pod))).resolves.toMatchObject({ outcome: 'unknown' });
  });

  it('is unknown when the pod cannot be read', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    const binder = aBinder(aClient(server));
    await binder.bind(toNode(pod));
    server.faults.add(forbidden, ({ method }) => method === 'GET');
    await expect(binder.bind(toNode(pod))).resolves.toMatchObject({ outcome: 'unknown' });
  });

  it('about another pod of that name on that node is refused', async () => {
    const server = await aServer();
    const old = aPod(server, 'a');
    deletePod(server, 'a');
    const binder = aBinder(aClient(server));
    await binder.bind(toNode(aPod(server, 'a')));
    await expect(binder.bind(toNode(old))).resolves.toMatchObject({ outcome: 'refused', status: 409 });
  });
});

describe('a pod that has changed since it was decided upon', () => {
  it('is bound when it has not', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    await expect(aBinder(aClient(server)).bind(asDecided(pod))).resolves.toEqual({ outcome: 'bound' });
    expect(nodeOf(server, 'a')).toBe('n1');
  });

  it('is not bound; the answer is the pod as it is now', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    const { resourceVersion } = change(server, pod).metadata;
    await expect(aBinder(aClient(server)).bind(asDecided(pod))).resolves.toMatchObject({
      outcome: 'stale',
      pod: { uid: pod.metadata.uid, resourceVersion, labels: { changed: 'yes' } },
    });
    expect(nodeOf(server, 'a')).toBeUndefined();
  });

  it('is known not to be bound though an earlier try may still arrive: that one is refused, too', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    change(server, pod);
    server.faults.add({ kind: 'break' });
    await expect(aBinder(aClient(server)).bind(asDecided(pod))).resolves.toMatchObject({ outcome: 'stale' });
  });

  it('by an earlier try whose answer was lost is bound', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'lose-answer' });
    const result = await aBinder(aClient(server)).bind(asDecided(aPod(server, 'a')));
    expect(result).toMatchObject({ outcome: 'already-bound-here' });
  });

  it('by our own labels, on Kubernetes 1.34, is bound', async () => {
    const server = await aServer();
    server.version = { major: '1', minor: '34' };
    const pod = aPod(server, 'a');
    const request = { ...asDecided(pod), labels: { tier: 'eci' } };
    await expect(aBinder(aClient(server)).bind(request)).resolves.toEqual({ outcome: 'bound' });
    expect(labelsOf(server)).toMatchObject({ tier: 'eci' });
  });
});

describe('labels', () => {
  it.for([
    ['1.35, in the Binding', '35', []],
    ['1.36 of a provider that writes 36+, in the Binding', '36+', []],
    ['1.34, in a patch before it', '34', ['PATCH']],
  ] as const)('reach the pod on Kubernetes %s', async ([, minor, patches]) => {
    const server = await aServer();
    server.version = { major: '1', minor };
    const pod = aPod(server, 'a');
    const result = await aBinder(aClient(server)).bind(labelled(pod));
    expect(result).toEqual({ outcome: 'bound' });
    expect(labelsOf(server)).toMatchObject({ tier: 'eci' });
    expect(server.seen(({ method }) => method === 'PATCH').map(({ method }) => method)).toEqual(patches);
  });

  it('in a patch before it make a version, which is the one told when the answer is lost', async () => {
    const server = await aServer();
    server.version = { major: '1', minor: '34' };
    const pod = aPod(server, 'a');
    server.faults.add({ kind: 'answer', status: 500 }, isBinding, 2);
    const request = { ...asDecided(pod), labels: { tier: 'eci' } };
    const result = await aBinder(aClient(server)).bind(request);
    const { resourceVersion = '' } = server.store.get('pods', 'a', 'default')?.metadata ?? {};
    expect(Number(resourceVersion)).toBeGreaterThan(Number(request.resourceVersion));
    expect(result).toMatchObject({ outcome: 'unknown', resourceVersion });
  });

  it('are not written on a pod that has changed since it was decided upon', async () => {
    const server = await aServer();
    server.version = { major: '1', minor: '34' };
    const request = { ...asDecided(aPod(server, 'a')), labels: { tier: 'eci' } };
    annotate(server, 'a', { changed: 'yes' });
    const result = await aBinder(aClient(server)).bind(request);
    expect(result).toMatchObject({ outcome: 'stale' });
    expect([labelsOf(server), nodeOf(server, 'a')]).toEqual([undefined, undefined]);
  });

  it('that cannot be written leave the pod unbound', async () => {
    const server = await aServer();
    server.version = { major: '1', minor: '34' };
    const pod = aPod(server, 'a');
    server.faults.add(forbidden, ({ method }) => method === 'PATCH');
    const result = await aBinder(aClient(server)).bind(labelled(pod));
    expect(result).toMatchObject({ outcome: 'refused', status: 403 });
    expect(nodeOf(server, 'a')).toBeUndefined();
  });

  it('cost no request when there are none', async () => {
    const server = await aServer();
    const pod = aPod(server, 'a');
    await aBinder(aClient(server)).bind(toNode(pod));
    expect(server.seen(({ path }) => path === '/version')).toHaveLength(0);
  });
});

it('a Binding does not go out when another replica may decide by then, nor does a second one', async () => {
  const server = await aServer();
  const pod = aPod(server, 'a');
  let leads = false;
  const binder = aBinder(aClient(server), () => leads);
  expect(await binder.bind(toNode(pod))).toMatchObject({ outcome: 'refused', status: 0 });
  expect(server.seen(isBinding)).toHaveLength(0);

  leads = true;
  server.faults.add({ kind: 'answer', status: 500 }, (request) => {
    if (isBinding(request)) leads = false;
    return isBinding(request);
  });
  expect(await binder.bind(toNode(pod))).toMatchObject({ outcome: 'unknown' });
  expect(server.seen(isBinding)).toHaveLength(1);
});
