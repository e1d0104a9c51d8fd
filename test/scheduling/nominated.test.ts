import { describe, expect, test } from 'vitest';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const spark = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 }).unit({ resource: 'eci', max: 0 });
const nodes = [aNode('ecs-0'), aNode('ecs-1')];
const inJob = (name: string): PodBuilder => aPod(name).ofGroup('s1');
const victim = inJob('victim').on('ecs-0');
const rival = inJob('rival');
const high = inJob('high').priority(100);
/** As kube-scheduler reports it once it has chosen the victims. */
const nominated = high.version('2').unschedulable('preemption: 1 victim').nominated('ecs-0');
const LIMITS = { reservedMs: 60_000, uncertainMs: 120_000 };

/** One pod fills the unit; it may be evicted for a pod of higher priority. */
function preempting(): Harness {
  const world = anAuditedHarness({ nodes, policies: [spark] });
  for (const each of [victim, high, rival]) world.sees(each);
  expect(world.unitFor(high)).toBe('full');
  expect(world.preempt(high, { 'ecs-0': [victim] })).toMatchObject({ outcome: 'offered' });
  return world;
}

/** Names of the pods that hold a place. */
function holders({ ledger }: Harness): readonly string[] {
  return ['high', 'rival'].filter((name) => ledger.reservation(`uid-${name}`) !== undefined);
}

/** Time passes, in which the watch is fresh. */
function wait(world: Harness, ms: number): void {
  world.advance(ms);
  world.ledger.expire({ ...LIMITS, currentAtMs: world.nowMs });
}

describe('the place of a pod whose victims are leaving', () => {
  test('is held beyond max while they are there, and taken when they are gone', async () => {
    const world = preempting();
    expect(world.taken(spark, 's1', 0)).toBe(2);
    world.sees(nominated);
    world.seesGone(victim);
    expect(world.taken(spark, 's1', 0)).toBe(1);
    expect(world.unitFor(rival)).toBe('full');
    expect(world.unitFor(nominated, ['ecs-0'])).toBe('ecs');
    expect(await world.bind(nominated, 'ecs-0')).toMatchObject({ outcome: 'bound' });
    expect(world.bindings.map(({ name }) => name)).toEqual(['high']);
  });

  test('is not written to before they are gone', async () => {
    const world = preempting();
    world.sees(nominated);
    expect(world.unitFor(nominated, ['ecs-0'])).toBe('full');
    expect(await world.bind(nominated, 'ecs-0')).toMatchObject({ outcome: 'refused' });
    expect(world.bindings).toEqual([]);
  });

  test('outlasts the report that the pod is unschedulable, which names its node', () => {
    const world = preempting();
    world.sees(nominated);
    expect(holders(world)).toEqual(['high']);
    world.sees(nominated.version('3').unschedulable('preemption: waiting'));
    expect(holders(world)).toEqual(['high']);
  });

  test('outlasts every time limit while the victims take their time, and begins its own when they are gone', () => {
    const world = preempting();
    world.sees(nominated);
    world.sees(victim.version('2').terminating());
    wait(world, 3_600_000);
    expect(holders(world)).toEqual(['high']);
    world.seesGone(victim);
    wait(world, LIMITS.reservedMs - 1);
    expect(holders(world)).toEqual(['high']);
    wait(world, 1);
    expect(holders(world)).toEqual([]);
  });

  test('outlasts a refusal while the victims are still there', () => {
    const world = preempting();
    world.sees(nominated);
    expect(world.unitFor(nominated)).toBe('full');
    expect(holders(world)).toEqual(['high']);
  });

  test('outlasts a refusal that comes before the watch shows the nomination', () => {
    const world = preempting();
    expect(world.unitFor(nominated, ['ecs-0'])).toBe('full');
    world.seesGone(victim);
    expect(holders(world)).toEqual(['high']);
    expect(world.unitFor(rival)).toBe('full');
  });

  test('outlasts a change of the policy, in its unit', () => {
    const world = preempting();
    world.sees(nominated);
    world.sees(spark.generation(2).spec({ units: [{ resource: 'eci' }, { resource: 'ecs', max: 1 }] }));
    world.seesGone(victim);
    expect(world.taken(spark, 's1', 1)).toBe(1);
    expect(holders(world)).toEqual(['high']);
  });
});

describe('it is given up', () => {
  const ways: Record<string, (world: Harness) => void> = {
    'when kube-scheduler reports the pod without a nomination': (world) =>
      world.sees(high.version('2').unschedulable('no node found')),
    'when the nomination is withdrawn and the pod refused': (world) => {
      world.sees(nominated);
      world.sees(nominated.version('3').nominated(''));
      world.filter(nominated.version('3').nominated(''));
    },
    'when the nomination that came with /filter is withdrawn and nothing is heard of the pod': (world) => {
      world.seesGone(victim);
      expect(world.unitFor(nominated, ['ecs-0'])).toBe('ecs');
      world.sees(high.version('3').unschedulable('preemption: 1 victim'));
      wait(world, LIMITS.reservedMs);
    },
    'when the pod is nominated for a node of no unit': (world) => {
      world.sees(nominated.nominated('elsewhere'));
    },
    'when the pod is deleted': (world) => world.seesGone(high),
    'when the pod terminates': (world) => world.sees(nominated.version('3').terminating()),
    'when the nomination stands and nobody leaves for it': (world) => {
      world.sees(nominated);
      wait(world, LIMITS.reservedMs);
    },
    'when nothing is heard of the pod any more': (world) => wait(world, LIMITS.reservedMs),
    'when the policy is deleted': (world) => world.seesGone(spark),
  };

  test.each(Object.entries(ways))('%s', (_name, happens) => {
    const world = preempting();
    happens(world);
    expect(holders(world)).toEqual([]);
    world.seesGone(victim);
    expect(world.unitFor(rival)).toBe(world.ledger.policyCount === 0 ? 'not-ours' : 'ecs');
  });

  test('for another unit, when preemption is tried there', () => {
    const world = preempting();
    world.sees(aNode('eci-0').virtual());
    world.sees(spark.generation(2).spec({ units: [{ resource: 'ecs', max: 1 }, { resource: 'eci' }] }));
    expect(world.preempt(high, { 'eci-0': [] })).toMatchObject({ nodeNames: ['eci-0'] });
    expect([world.taken(spark, 's1', 0), world.taken(spark, 's1', 1)]).toEqual([1, 1]);
  });
});

test('its place is given up when kube-scheduler takes the nomination back, whatever it says of it', () => {
  const world = anAuditedHarness({ nodes, policies: [spark] });
  const told = high.unschedulable('the same');
  for (const each of [victim, told, rival]) world.sees(each);
  world.preempt(told, { 'ecs-0': [victim] });
  world.sees(told.version('2').nominated('ecs-0'));
  expect(holders(world)).toEqual(['high']);
  world.sees(told.version('3'));
  expect(holders(world)).toEqual([]);
});

test('a place is not held for ever for a nominated pod that went unseen, as before a restart', () => {
  const world = anAuditedHarness({ nodes, policies: [spark] });
  expect(world.unitFor(nominated)).toBe('ecs');
  wait(world, 60_000);
  expect(world.ledger.reservationCount).toBe(0);
});

test('a pod goes where its victims left, also when meanwhile a unit before has pods that it could evict', () => {
  const inOrder = aPolicy('spark')
    .spec({ preemptPolicy: 'BeforeNextUnit' })
    .unit({ resource: 'eci' })
    .unit({});
  const world = anAuditedHarness({ nodes: [...nodes, aNode('eci-0').virtual()], policies: [inOrder] });
  for (const each of [victim, high]) world.sees(each);
  expect(world.preempt(high, { 'ecs-0': [victim] })).toMatchObject({ nodeNames: ['ecs-0'] });
  world.sees(nominated);
  world.sees(rival.on('eci-0'));
  world.seesGone(victim);
  expect(world.unitFor(nominated, ['ecs-0'])).toBe('any');
});

test('where units share its node, a pod goes to the unit for which it was freed', () => {
  const shared = aPolicy('spark')
    .spec({ preemptPolicy: 'BeforeNextUnit' })
    .unit({ resource: 'ecs', max: 1 })
    .unit({});
  const world = anAuditedHarness({ nodes, policies: [shared] });
  const stranger = aPod('stranger').labels({ app: 'web' }).on('ecs-0');
  for (const each of [aPod('first').priority(100).on('ecs-1'), stranger, high]) world.sees(each);
  expect(world.preempt(high, { 'ecs-0': [stranger] })).toMatchObject({ nodeNames: ['ecs-0'] });
  world.sees(nominated);
  world.seesGone(stranger);
  expect(world.unitFor(nominated, ['ecs-0'])).toBe('any');
});

test('pods that were nominated before a restart, and for which nobody leaves, do not keep each other from their places', () => {
  const world = anAuditedHarness({ nodes, policies: [spark] });
  const nominees = ['a', 'b'].map((name, index) =>
    inJob(name).neverPreempting().unschedulable('ResourcePolicy spark: …').nominated(`ecs-${index}`),
  );
  for (const each of nominees) world.sees(each);
  expect(nominees.map((each, index) => world.unitFor(each, [`ecs-${index}`]))).toEqual(['full', 'full']);
  wait(world, LIMITS.reservedMs);
  expect(world.rooms.length).toBeGreaterThan(0);
  expect(nominees.map((each, index) => world.unitFor(each, [`ecs-${index}`]))).toEqual(['ecs', 'full']);
});

test('a pod that passed /filter keeps its place while it is nominated: its volumes are being prepared', () => {
  const world = anAuditedHarness({ nodes, policies: [spark] });
  const prepared = inJob('prepared');
  for (const each of [prepared, rival]) world.sees(each);
  expect(world.unitFor(prepared)).toBe('ecs');
  world.sees(prepared.version('2').nominated('ecs-0'));
  wait(world, 599_000);
  expect(world.unitFor(rival)).toBe('full');
  wait(world, 1_000);
  expect(world.unitFor(rival)).toBe('ecs');
});

test('but not once it is refused, or reported unschedulable', () => {
  const world = anAuditedHarness({ nodes, policies: [spark] });
  const left = inJob('left').nominated('ecs-0');
  for (const each of [left, rival]) world.sees(each);
  expect(world.unitFor(left)).toBe('ecs');
  world.sees(left.version('2').unschedulable('a volume cannot be prepared'));
  wait(world, LIMITS.reservedMs);
  expect(world.unitFor(rival)).toBe('ecs');
});
