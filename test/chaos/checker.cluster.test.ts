/**
 * The checker of the chaos tests on a real control plane: it must find what it is there to find, and miss nothing while
 * the API server is away and history is compacted.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode } from '../control-plane/nodes.ts';
import { Checker } from './checker.ts';
import { Etcd } from './history/etcd.ts';
import { History } from './history/history.ts';

const LABEL = 'job';
const LIMITS = {
  namespace: 'default',
  groupLabel: LABEL,
  countsTerminating: false,
  units: [{ name: 'ecs', nodes: 'big-', max: 2, maxMilliCpu: 3_000 }],
};

let plane: ControlPlane;
let etcd: Etcd;
let checker: Checker;
let history: History;

beforeAll(async () => {
  plane = await startControlPlane();
  await createNodes(plane, [ecsNode('big-0')]);
  etcd = new Etcd(plane.etcd.url);
  checker = new Checker([LIMITS], () => performance.now());
  history = new History(etcd, checker);
  await history.start();
});

afterAll(async () => {
  await history.stop();
  await etcd.close();
  await plane.delete();
});

test('it finds the very pod that is one too many, across compactions and a dead API server', async () => {
  await bind('a-1', 'a', '500m');
  await bind('a-2', 'a', '1');
  await bind('b-1', 'b', '2');
  await etcd.compact(await history.caughtUp());
  expect(checker.overshoots).toEqual([]);

  await plane.apiServer.kill();
  await plane.apiServer.start();
  await bind('a-3', 'a', '1');
  await bind('b-2', 'b', '1500m');
  await etcd.compact(await history.caughtUp());

  expect(checker.overshoots.map(({ group, excess, pod }) => ({ group, excess, pod }))).toEqual([
    { group: 'default/a', excess: '3 of 2 pods', pod: 'default/a-3' },
    { group: 'default/b', excess: '3500m of 3000m cpu', pod: 'default/b-2' },
  ]);
  expect(checker.placed).toBe(5);

  await plane.api.request('DELETE', '/api/v1/namespaces/default/pods/a-3?gracePeriodSeconds=0');
  await bind('a-4', 'a', '1');
  await history.caughtUp();
  expect(checker.overshoots).toHaveLength(3);
});

async function bind(name: string, job: string, cpu: string): Promise<void> {
  const path = '/api/v1/namespaces/default/pods';
  const resources = { requests: { cpu } };
  await plane.api.request('POST', path, {
    metadata: { name, labels: { [LABEL]: job } },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'main', resources }] },
  });
  const target = { apiVersion: 'v1', kind: 'Node', name: 'big-0' };
  await plane.api.request('POST', `${path}/${name}/binding`, { metadata: { name }, target });
}
