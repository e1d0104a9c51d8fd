import { expect, test } from 'vitest';
import { ApiError } from '../../src/cluster/api-error.ts';
import { listAll } from '../../src/cluster/lister.ts';
import { NODES_PATH } from '../../src/cluster/paths.ts';
import type { FakeApiServer } from '../support/fake-api-server/server.ts';
import { isList } from '../support/fake-api-server/faults.ts';
import { aClient, aServer } from './support.ts';

const nameOf = (object: unknown): string => (object as { metadata: { name: string } }).metadata.name;

async function withNodes(count: number): Promise<FakeApiServer> {
  const server = await aServer();
  for (let index = 0; index < count; index += 1)
    server.store.create('nodes', { metadata: { name: `n${index}` } });
  return server;
}

const lists = (server: FakeApiServer): number => server.seen(isList).length;

test('everything is listed, page by page', async () => {
  const server = await withNodes(1_001);

  expect(new Set(await listAll(aClient(server), NODES_PATH, nameOf)).size).toBe(1_001);
  expect(lists(server)).toBe(3);
});

test('of nothing the list is empty', async () => {
  expect(await listAll(aClient(await aServer()), NODES_PATH, nameOf)).toEqual([]);
});

test('pages show one state: an object that comes meanwhile is in none', async () => {
  const server = await withNodes(501);
  const names = await listAll(aClient(server), NODES_PATH, (object) => {
    if (nameOf(object) === 'n0') server.store.create('nodes', { metadata: { name: 'late' } });
    return nameOf(object);
  });

  expect(names).toHaveLength(501);
  expect(names).not.toContain('late');
});

test('a list that took too long begins anew, and nothing is told twice', async () => {
  const server = await withNodes(501);
  server.faults.add({ kind: 'answer', status: 410 }, ({ query }) => query.has('continue'));

  expect(await listAll(aClient(server), NODES_PATH, nameOf)).toHaveLength(501);
  expect(lists(server)).toBe(4);
});

test('but not for ever', async () => {
  const server = await withNodes(501);
  server.faults.add({ kind: 'answer', status: 410 }, ({ query }) => query.has('continue'), 9);

  await expect(listAll(aClient(server), NODES_PATH, nameOf)).rejects.toThrow(ApiError);
  expect(lists(server)).toBe(6);
});

test('another refusal is passed on', async () => {
  const server = await withNodes(1);
  server.faults.add({ kind: 'answer', status: 403, body: 'no' });

  await expect(listAll(aClient(server), NODES_PATH, nameOf)).rejects.toMatchObject({ status: 403 });
});
