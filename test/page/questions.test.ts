import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RunningServer } from '../../src/http/server.ts';
import type { GroupAnswer, PodAnswer, PoliciesAnswer, PolicyAnswer } from '../../src/page/answers.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { asked, get, Scene } from './page-server.ts';

const ROOM = { cpu: '8', memory: '32Gi', pods: '110' };
const REFUSED =
  '0/2 nodes are available: 2 ResourcePolicy spark: unit 1 ecs is at max 1, unit 2 eci is at max 1 (per job). ' +
  'preemption: 0/2 nodes are available.';

const spark = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 }).unit({ resource: 'eci', max: 1 });
const web = aPolicy('web').in('shop').selecting({ app: 'web' }).unit({ resource: 'ecs' });

let scene: Scene;
let server: RunningServer;

beforeEach(async () => {
  scene = new Scene()
    .node(aNode('ecs-0').allocating(ROOM), aNode('eci-0').virtual().allocating(ROOM))
    .policy(spark, web)
    .pod(
      aPod('a').ofGroup('s1').on('ecs-0'),
      aPod('b').ofGroup('s1').on('eci-0'),
      aPod('c').ofGroup('s1').unschedulable(REFUSED),
      aPod('d').ofGroup('s2').on('ecs-0'),
      aPod('w1').in('shop').labels({ app: 'web' }).on('ecs-0'),
    );
  server = await scene.serve();
});

afterEach(() => server.close(0));

describe('policies', () => {
  it('are listed with their units, those with waiting pods first', async () => {
    const { rows, total, waiting } = await asked<PoliciesAnswer>(server, 'policies');

    expect({ total, waiting }).toEqual({ total: 2, waiting: 1 });
    expect(rows).toMatchObject([
      {
        namespace: 'default',
        name: 'spark',
        waiting: 1,
        groups: 2,
        isGrouped: true,
        units: [
          {
            number: 1,
            name: 'ecs',
            resource: 'ecs',
            used: 2,
            held: 0,
            max: 2,
            maxPerGroup: 1,
            fullGroups: 2,
            nodes: 1,
          },
          { number: 2, name: 'eci', resource: 'eci', used: 1, max: 2, fullGroups: 1 },
        ],
      },
      { namespace: 'shop', name: 'web', waiting: 0, units: [{ used: 1 }] },
    ]);
    expect(rows[1]?.units[0]).not.toHaveProperty('max');
  });

  it('are filtered by namespace and name, whatever the case', async () => {
    const { rows, matching, total } = await asked<PoliciesAnswer>(server, 'policies', { filter: 'SHOP/w' });

    expect(rows.map(({ name }) => name)).toEqual(['web']);
    expect({ matching, total }).toEqual({ matching: 1, total: 2 });
  });

  it('show what is held for pods on their way, and where pods stay', async () => {
    const policy = scene.ledger.policiesOf('default')[0]!;
    scene.remove(aPod('d').ofGroup('s2'));
    scene.pod(aPod('e').ofGroup('s3'), aPod('f').ofGroup('s3'));
    scene.ledger.reserve({
      pod: aPod('e').ofGroup('s3').facts(),
      policy,
      group: 's3',
      unit: policy.units[0]!,
    });
    scene.ledger.noteRefused('uid-f', policy.units[0]);

    const { rows } = await asked<PoliciesAnswer>(server, 'policies');

    expect(rows[0]).toMatchObject({ waiting: 2, units: [{ used: 2, held: 1, waiting: 1 }, { waiting: 0 }] });
  });

  it('tell their troubles as the status has them now', async () => {
    const condition = { reason: 'X', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' };
    scene.policy(
      web.status({
        conditions: [
          { type: 'Ready', status: 'True', message: 'well', ...condition },
          { type: 'Conflicting', status: 'True', message: '2 pods are', ...condition },
        ],
      }),
    );

    expect(
      (await asked<PolicyAnswer>(server, 'policy', { namespace: 'shop', name: 'web' })).troubles,
    ).toEqual([{ type: 'Conflicting', message: '2 pods are' }]);
  });
});

describe('a policy', () => {
  it('lists its groups, those with the most waiting pods first', async () => {
    const answer = await asked<PolicyAnswer>(server, 'policy', { namespace: 'default', name: 'spark' });

    expect(answer).toMatchObject({
      selects: ['app=spark'],
      matchLabelKeys: ['job'],
      outside: 0,
      groups: {
        rows: [
          { key: 's1', labels: [['job', 's1']], used: [1, 1], waiting: 1 },
          { key: 's2', labels: [['job', 's2']], used: [1, 0], waiting: 0 },
        ],
        matching: 2,
      },
    });
  });

  it('that is not there is not found', async () => {
    const got = await get(server, '/api/policy?namespace=default&name=gone');

    expect({ status: got.status, body: JSON.parse(got.text) }).toEqual({
      status: 404,
      body: { problem: 'there is no ResourcePolicy gone in namespace default' },
    });
  });
});

describe('a group', () => {
  const group = { namespace: 'default', name: 'spark', group: 's1' };

  it('shows its units and its pods, waiting ones first, with the reason', async () => {
    const answer = await asked<GroupAnswer>(server, 'group', group);

    expect(answer.group).toMatchObject({
      labels: [['job', 's1']],
      waiting: 1,
      units: [
        { used: 1, max: 1, fullGroups: 1 },
        { used: 1, max: 1, fullGroups: 1 },
      ],
    });
    expect(answer.pods.rows).toEqual([
      {
        name: 'c',
        state: 'waiting',
        sinceMs: 0,
        why: 'ResourcePolicy spark: unit 1 ecs is at max 1, unit 2 eci is at max 1 (per job)',
      },
      {
        name: 'a',
        state: 'placed',
        unit: { number: 1, name: 'ecs', resource: 'ecs' },
        nodeName: 'ecs-0',
        sinceMs: 0,
      },
      {
        name: 'b',
        state: 'placed',
        unit: { number: 2, name: 'eci', resource: 'eci' },
        nodeName: 'eci-0',
        sinceMs: 0,
      },
    ]);
  });

  it('shows pods on their way and pods that leave', async () => {
    const policy = scene.ledger.policiesOf('default')[0]!;
    const next = aPod('n').ofGroup('s9');
    scene.pod(next, aPod('t').ofGroup('s9').on('eci-0').terminating());
    scene.ledger.reserve({ pod: next.facts(), policy, group: 's9', unit: policy.units[0]! });

    const { pods } = await asked<GroupAnswer>(server, 'group', { ...group, group: 's9' });

    expect(pods.rows).toMatchObject([
      { name: 'n', state: 'placing', unit: { name: 'ecs' } },
      { name: 't', state: 'leaving', nodeName: 'eci-0', why: expect.stringContaining('it is terminating') },
    ]);
  });

  it('counts pods that wait outside of kube-scheduler’s queue, and says of those of the waiting room why', async () => {
    scene.pod(aPod('room').ofGroup('s5').gated(), aPod('gated').ofGroup('s5').gated('of-somebody/else'));

    const answer = await asked<GroupAnswer>(server, 'group', { ...group, group: 's5' });

    expect(answer.group).toMatchObject({ waiting: 2 });
    expect(answer.pods.rows).toEqual([
      { name: 'gated', state: 'waiting', sinceMs: 0 },
      {
        name: 'room',
        state: 'waiting',
        sinceMs: 0,
        why: 'all units of its group were at max: kube-scheduler is asked when one has room',
      },
    ]);
  });

  it('orders pods by name, numbers in it as numbers, and filters them', async () => {
    for (const number of [10, 9, 2])
      scene.pod(aPod(`exec-${number}`).in('shop').labels({ app: 'web' }).on('ecs-0'));

    const { pods } = await asked<GroupAnswer>(server, 'group', {
      namespace: 'shop',
      name: 'web',
      filter: 'exec',
    });

    expect(pods.rows.map(({ name }) => name)).toEqual(['exec-2', 'exec-9', 'exec-10']);
    expect(pods).toMatchObject({ matching: 3, total: 4 });
  });

  it('is empty, not missing, where a policy has no other', async () => {
    scene.remove(aPod('w1').in('shop').labels({ app: 'web' }));

    expect(
      await asked<GroupAnswer>(server, 'group', { namespace: 'shop', name: 'web', group: '' }),
    ).toMatchObject({
      group: { labels: [], waiting: 0, units: [{ used: 0 }] },
      pods: { rows: [], total: 0 },
    });
  });

  it('whose last pod is gone is not found', async () => {
    expect(await get(server, '/api/group?namespace=default&name=spark&group=old')).toMatchObject({
      status: 404,
      text: expect.stringContaining('no pod of the group old is there any more'),
    });
  });

  it('named * has the waiting pods that are in no group', async () => {
    scene.pod(aPod('lost').unschedulable('1 ResourcePolicy spark: the pod lacks the label job'));

    const answer = await asked<GroupAnswer>(server, 'group', { ...group, group: '*' });

    expect(answer).not.toHaveProperty('group');
    expect(answer.pods.rows).toMatchObject([{ name: 'lost', state: 'waiting' }]);
    expect(await asked<PolicyAnswer>(server, 'policy', group)).toMatchObject({ outside: 1 });
  });
});

describe('a pod', () => {
  it('is explained in the words of the command', async () => {
    const { report, sections } = await asked<PodAnswer>(server, 'pod', { namespace: 'default', name: 'c' });

    expect(report).toMatchObject({
      kind: 'Pod',
      state: 'waiting',
      units: [
        { pods: 1, max: 1, feasibleNodes: 1, verdict: 'at-max', text: 'is at max 1' },
        { pods: 1, max: 1, verdict: 'at-max' },
      ],
      decision: {
        outcome: 'refused',
        text: 'ResourcePolicy spark: unit 1 ecs is at max 1, unit 2 eci is at max 1 (per job)',
      },
    });
    expect(sections).toContainEqual({
      kind: 'table',
      header: ['UNIT', 'PODS', 'NODES', 'FIT', 'VERDICT'],
      rows: [
        ['1', '1/1', '1', '1', 'ecs is at max 1'],
        ['2', '1/1', '1', '1', 'eci is at max 1'],
      ],
    });
  });

  it('that waits for nodes is told what keeps it off them', async () => {
    scene.pod(aPod('big').ofGroup('s4').requesting({ cpu: '9' }));

    expect(
      (await asked<PodAnswer>(server, 'pod', { namespace: 'default', name: 'big' })).report,
    ).toMatchObject({
      decision: { outcome: 'refused' },
      units: [
        {
          verdict: 'lacks-resources',
          obstacles: [{ reason: 'insufficient-resources', detail: 'cpu', nodes: 1 }],
        },
        { verdict: 'lacks-resources' },
      ],
    });
  });

  it('changes nothing by being looked at', async () => {
    const changing = aPolicy('timed')
      .selecting({ app: 'timed' })
      .spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' } })
      .unit({ resource: 'ecs', max: 1 });
    const pod = aPod('t').labels({ app: 'timed' }).requesting({ cpu: '9' });
    scene.policy(changing).pod(pod);

    const { report } = await asked<PodAnswer>(server, 'pod', { namespace: 'default', name: 't' });

    expect(report.decision).toMatchObject({ outcome: 'waiting', cause: 'resources-for-a-time' });
    expect(scene.ledger.waitingUnit('uid-t')).toBeUndefined();
    expect(scene.ledger.reservationCount).toBe(0);
  });

  it('is read from the API server once for each of its versions', async () => {
    const clock = { ...scene.parts().clock, nowMs: () => now };
    let now = 0;
    const ticking = await scene.serve({ clock });
    onTestFinished(() => ticking.close(0));
    const look = async (): Promise<unknown> => {
      now += 60_000;
      return asked(ticking, 'pod', { namespace: 'default', name: 'c' });
    };

    await look();
    await look();
    expect(scene.reads).toBe(1);

    scene.pod(aPod('c').ofGroup('s1').version('2'));
    await look();
    expect(scene.reads).toBe(2);
  });

  it('that is not there is not found, and one that cannot be read is said to be so', async () => {
    expect(await get(server, '/api/pod?namespace=default&name=gone')).toMatchObject({
      status: 404,
      text: expect.stringContaining('there is no pod gone in namespace default'),
    });

    const failing = await scene.serve({ details: async () => Promise.reject(new Error('no way')) });
    onTestFinished(() => failing.close(0));
    expect(await get(failing, '/api/pod?namespace=default&name=c')).toMatchObject({
      status: 502,
      text: expect.stringContaining('no way'),
    });
  });
});
