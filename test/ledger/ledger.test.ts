import { describe, expect, test } from 'vitest';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const policy = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', max: 2 })
  .unit({ resource: 'eci', max: 3 });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const pod = aPod('e1').ofGroup('s1');

function harness(overrides: Partial<ConstructorParameters<typeof Harness>[0]> = {}): Harness {
  return new Harness({ nodes, policies: [policy], ...overrides });
}

/** Places taken by group s1 in the two units. */
function taken(world: Harness): readonly number[] {
  return [world.taken(policy, 's1', 0), world.taken(policy, 's1', 1)];
}

describe('what counts', () => {
  const cases = [
    { name: 'a bound pod counts in the unit of its node', pod: pod.on('ecs-0'), want: [1, 0] },
    { name: 'on a virtual node it counts in the eci unit', pod: pod.on('eci-0'), want: [0, 1] },
    { name: 'a waiting pod does not count', pod, want: [0, 0] },
    { name: 'a succeeded pod does not count', pod: pod.on('ecs-0').finished('Succeeded'), want: [0, 0] },
    { name: 'a failed pod does not count', pod: pod.on('ecs-0').finished('Failed'), want: [0, 0] },
    { name: 'a pod of another namespace does not count', pod: pod.in('other').on('ecs-0'), want: [0, 0] },
    {
      name: 'a pod that is not selected does not count',
      pod: pod.labels({ job: 's1' }).on('ecs-0'),
      want: [0, 0],
    },
    { name: 'a pod of another group does not count', pod: pod.ofGroup('s2').on('ecs-0'), want: [0, 0] },
    { name: 'a pod on a node of no unit does not count', pod: pod.on('nowhere'), want: [0, 0] },
    { name: 'a terminating pod does not count by default', pod: pod.on('ecs-0').terminating(), want: [0, 0] },
    {
      name: 'with ignoreTerminatingPod false it counts until it is gone',
      policy: policy.spec({ ignoreTerminatingPod: false }),
      pod: pod.on('ecs-0').terminating(),
      want: [1, 0],
    },
    {
      name: 'a pod scheduled before the policy was created counts by default',
      policy: policy.createdAt(60_000),
      pod: pod.on('ecs-0').scheduledAt(30_000),
      want: [1, 0],
    },
    {
      name: 'with ignorePreviousPod it does not',
      policy: policy.createdAt(60_000).spec({ ignorePreviousPod: true }),
      pod: pod.on('ecs-0').scheduledAt(30_000),
      want: [0, 0],
    },
    {
      name: 'with ignorePreviousPod a pod scheduled in the same second as the policy was created counts',
      policy: policy.createdAt(60_000).spec({ ignorePreviousPod: true }),
      pod: pod.on('ecs-0').scheduledAt(60_000),
      want: [1, 0],
    },
    {
      name: 'on a node that is gone the recorded unit counts',
      pod: pod.on('gone').placedBy('spark', 'eci'),
      want: [0, 1],
    },
    {
      name: 'a recorded unit that does not hold the node is not believed',
      pod: pod.on('ecs-0').placedBy('spark', 'eci'),
      want: [1, 0],
    },
    {
      name: 'a record of another policy is not believed',
      pod: pod.on('gone').placedBy('other', 'eci'),
      want: [0, 0],
    },
  ];
  test.each(cases)('$name', ({ policy: given = policy, pod: seen, want }) => {
    const world = new Harness({ nodes, policies: [given] });
    world.sees(seen);
    expect(taken(world)).toEqual(want);
    expect(world.ledger.audit()).toEqual([]);
  });

  test('where units overlap the recorded one counts, without a record the first', () => {
    const overlapping = aPolicy('spark')
      .unit({ resource: 'ecs', max: 1 })
      .unit({ nodeSelector: { 'kubernetes.io/arch': 'amd64' } });
    const world = new Harness({ nodes, policies: [overlapping] });
    world.sees(aPod('a').on('ecs-0').placedBy('spark', 'any(kubernetes.io/arch=amd64)'));
    world.sees(aPod('b').on('ecs-0'));
    expect([world.taken(overlapping, '', 0), world.taken(overlapping, '', 1)]).toEqual([1, 1]);
  });

  test('two policies that select a bound pod both count it', () => {
    const other = aPolicy('other').perGroup().unit({ resource: 'ecs', max: 1 });
    const world = harness({ policies: [policy, other] });
    world.sees(pod.on('ecs-0'));
    expect([world.taken(policy, 's1', 0), world.taken(other, 's1', 0)]).toEqual([1, 1]);
  });

  test.each([
    ['pods, nodes, policies', ['pod', 'node', 'policy']],
    ['policies, pods, nodes', ['policy', 'pod', 'node']],
    ['nodes, policies, pods', ['node', 'policy', 'pod']],
  ])('the order in which the watch delivers does not matter: %s', (_name, order) => {
    const world = new Harness();
    for (const kind of order) {
      if (kind === 'pod') world.sees(pod.on('eci-0'));
      else if (kind === 'policy') world.sees(policy);
      else nodes.forEach((node) => world.sees(node));
    }
    expect(taken(world)).toEqual([0, 1]);
  });
});

describe('counts follow the cluster', () => {
  test('a pod that ends makes room', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.sees(aPod('waiting').ofGroup('s1'));
    world.sees(pod.version('2').on('ecs-0').finished());
    expect(taken(world)).toEqual([0, 0]);
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: 's1' }]);
  });

  test('nobody is told of room when nobody waits', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.seesGone(pod.on('ecs-0'));
    expect(world.rooms).toEqual([]);
  });

  test('a pod recreated under its name is another pod', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.seesGone(pod.on('ecs-0'));
    world.sees(pod.uid('reborn').on('eci-0'));
    expect(taken(world)).toEqual([0, 1]);
  });

  test('a pod whose group label changes moves to the other group', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.sees(pod.version('2').ofGroup('s2').on('ecs-0'));
    expect([world.taken(policy, 's1', 0), world.taken(policy, 's2', 0)]).toEqual([0, 1]);
  });

  test('a node that becomes virtual takes its pods to the other unit', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.sees(aNode('ecs-0').virtual());
    expect(taken(world)).toEqual([0, 1]);
  });

  test('a node that joins a unit tells the waiting pods of its policies', () => {
    const world = harness();
    world.sees(pod);
    world.sees(aNode('ecs-9'));
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: 's1' }]);
  });

  test('a heartbeat of a node tells nobody', () => {
    const world = harness();
    world.sees(pod);
    world.sees(aNode('ecs-0'));
    expect(world.rooms).toEqual([]);
  });

  test('a changed policy is counted anew and tells the waiting pods', () => {
    const world = harness();
    world.sees(pod.on('eci-0'));
    world.sees(aPod('waiting').ofGroup('s1'));
    const swapped = aPolicy('spark')
      .generation(2)
      .perGroup()
      .unit({ resource: 'eci', max: 9 })
      .unit({ resource: 'ecs' });
    world.sees(swapped);
    expect([world.taken(swapped, 's1', 0), world.taken(swapped, 's1', 1)]).toEqual([1, 0]);
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: 's1' }]);
  });

  test('a policy whose status alone changed is not counted anew', () => {
    const world = harness();
    world.sees(pod);
    world.sees(policy.status({ conditions: [] }));
    expect(world.rooms).toEqual([]);
  });

  test('a policy that is deleted counts nothing, and counts again when it comes back', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.seesGone(policy);
    expect(taken(world)).toEqual([0, 0]);
    world.sees(policy.uid('again'));
    expect(taken(world)).toEqual([1, 0]);
  });
});

test('a pod that was refused before the watch showed it is told of the room there is by then', () => {
  const world = harness();
  const full = aPolicy('spark').generation(2).perGroup().unit({ resource: 'ecs', max: 0 });
  world.sees(full);
  expect(world.unitFor(pod)).toBe('full');
  world.sees(full.generation(3).spec({ units: [{ resource: 'ecs', max: 1 }] }));
  expect(world.rooms).toEqual([]);
  world.advance(10);
  world.sees(pod);
  expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: 's1' }]);
  expect(world.ledger.waiting({ policyKey: 'default/spark', group: 's1' })).toMatchObject([{ refusedMs: 0 }]);
  world.sees(pod.version('2'));
  expect(world.rooms).toHaveLength(1);
});

describe('a reservation', () => {
  test('holds a place at once', () => {
    const world = harness();
    expect(world.unitFor(pod)).toBe('ecs');
    expect(taken(world)).toEqual([1, 0]);
  });

  test('is confirmed by the watch: the pod counts once, where it is bound', () => {
    const world = harness();
    world.filter(pod);
    world.sees(pod.version('2').on('eci-0'));
    expect(taken(world)).toEqual([0, 1]);
    expect(world.ledger.reservationCount).toBe(0);
  });

  test('is replaced when the pod is filtered again', () => {
    const world = harness();
    world.filter(pod);
    expect(world.unitFor(pod, ['eci-0'])).toBe('eci');
    expect(taken(world)).toEqual([0, 1]);
  });

  test.each([
    ['deleted', (world: Harness) => world.seesGone(pod)],
    ['terminating', (world: Harness) => world.sees(pod.version('2').terminating())],
    ['finished', (world: Harness) => world.sees(pod.version('2').finished('Failed'))],
    ['reported unschedulable', (world: Harness) => world.sees(pod.version('2').unschedulable())],
    ['moved to another group', (world: Harness) => world.sees(pod.version('2').ofGroup('s2'))],
  ])('is given up, with room for others, when its pod is %s', (_name, happens) => {
    const world = harness();
    world.sees(pod);
    world.sees(aPod('waiting').ofGroup('s1'));
    world.filter(pod);
    happens(world);
    expect(taken(world)).toEqual([0, 0]);
    expect(world.rooms).toContainEqual({ policyKey: 'default/spark', group: 's1' });
  });

  test('survives a report that is older than it', () => {
    const world = harness();
    const rejected = pod.version('2').unschedulable('as kube-scheduler knew it at /filter');
    world.filter(rejected);
    world.sees(rejected.version('3'));
    expect(taken(world)).toEqual([1, 0]);
  });

  test('survives any report when /bind does not come to us to be checked', () => {
    const world = harness({ checksAtBind: false });
    world.filter(pod);
    world.sees(pod.version('2').unschedulable());
    expect(taken(world)).toEqual([1, 0]);
  });

  test('expires when the pod is not heard of again although the watch is fresh', () => {
    const world = harness();
    world.filter(pod);
    world.advance(60_000);
    const limits = { reservedMs: 60_000, uncertainMs: 120_000 };
    expect(world.ledger.expire({ ...limits, currentAtMs: 10_000 })).toEqual([]);
    expect(world.ledger.expire({ ...limits, currentAtMs: 55_000 }).map(({ pod: { name } }) => name)).toEqual([
      'e1',
    ]);
    expect(taken(world)).toEqual([0, 0]);
  });

  test('never expires while its Binding is under way, and later when the answer was lost', () => {
    const world = harness();
    const limits = { reservedMs: 60_000, uncertainMs: 120_000 };
    world.filter(pod);
    world.ledger.startBind(pod.facts(), 'ecs-0');
    world.advance(1_000_000);
    expect(world.ledger.expire({ ...limits, currentAtMs: 1_000_000 })).toEqual([]);
    world.ledger.bindUnknown('uid-e1');
    world.advance(60_000);
    expect(world.ledger.expire({ ...limits, currentAtMs: 1_060_000 })).toEqual([]);
    world.advance(60_000);
    expect(world.ledger.expire({ ...limits, currentAtMs: 1_120_000 })).toHaveLength(1);
  });

  test('follows its unit when the policy changes around it', () => {
    const world = harness();
    world.filter(pod);
    const shifted = aPolicy('spark')
      .generation(2)
      .perGroup()
      .unit({ resource: 'eci', max: 3 })
      .unit({ resource: 'ecs', max: 2 });
    world.sees(shifted);
    expect([world.taken(shifted, 's1', 0), world.taken(shifted, 's1', 1)]).toEqual([0, 1]);
  });

  test('is given up when its unit goes; a Binding under way goes with its node instead', () => {
    const world = harness();
    world.filter(pod);
    world.filter(aPod('e2').ofGroup('s1'));
    world.ledger.startBind(aPod('e2').ofGroup('s1').facts(), 'ecs-1');
    const other = aPolicy('spark')
      .generation(2)
      .perGroup()
      .unit({ nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: 5 });
    world.sees(other);
    expect(world.taken(other, 's1', 0)).toBe(1);
    expect(world.ledger.reservation('uid-e1')).toBeUndefined();
  });

  test('outlives its policy while its Binding is under way, and counts when another takes its name', () => {
    const world = harness();
    world.filter(pod);
    world.filter(aPod('e2').ofGroup('s1'));
    world.ledger.startBind(aPod('e2').ofGroup('s1').facts(), 'ecs-1');
    world.seesGone(policy);
    expect(world.ledger.reservation('uid-e1')).toBeUndefined();
    expect(world.ledger.reservation('uid-e2')).toMatchObject({ state: 'binding', nodeName: 'ecs-1' });
    world.sees(policy.uid('another'));
    expect(taken(world)).toEqual([1, 0]);
    world.seesGone(policy);
    world.sees(aPod('e2').ofGroup('s1').on('ecs-1'));
    world.sees(policy.uid('third'));
    expect(taken(world)).toEqual([1, 0]);
    expect(world.ledger.reservationCount).toBe(0);
  });

  test('is never made beyond max, nor for a pod that is being bound', () => {
    const world = harness();
    const place = { policy: world.ledger.policiesOf('default')[0]!, group: 's1' };
    const unit = place.policy.units[0]!;
    for (const name of ['a', 'b'])
      world.ledger.reserve({ ...place, unit, pod: aPod(name).ofGroup('s1').facts() });
    expect(() => world.ledger.reserve({ ...place, unit, pod: pod.facts() })).toThrow('ecs of s1 is full');
    world.ledger.startBind(aPod('a').ofGroup('s1').facts(), 'ecs-0');
    expect(() => world.ledger.reserve({ ...place, unit, pod: aPod('a').ofGroup('s1').facts() })).toThrow(
      'being bound',
    );
    expect(taken(world)).toEqual([2, 0]);
  });
});
