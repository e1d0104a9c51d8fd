import { describe, expect, test } from 'vitest';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const policy = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: 2 })
  .unit({ resource: 'eci', max: 3 });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('arm-0').arch('arm64'), aNode('eci-0').virtual()];
const FULL =
  'ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) is at max 2, unit 2 eci is at max 3 (per job)';

function harness(): Harness {
  return new Harness({ nodes, policies: [policy] });
}

describe('the order of units', () => {
  test("the seed's job: 2 on ECS, 3 on ECI, 1 waits and the text says why", () => {
    const world = harness();
    const units = [1, 2, 3, 4, 5].map((n) => world.unitFor(aPod(`e${n}`).ofGroup('s1')));
    expect(units).toEqual([
      'ecs(kubernetes.io/arch=amd64)',
      'ecs(kubernetes.io/arch=amd64)',
      'eci',
      'eci',
      'eci',
    ]);
    expect(world.filter(aPod('e6').ofGroup('s1'))).toMatchObject({ outcome: 'full', text: FULL });
  });

  test('another group counts for itself', () => {
    const world = harness();
    for (const n of [1, 2]) world.filter(aPod(`a${n}`).ofGroup('s1'));
    expect(world.unitFor(aPod('b1').ofGroup('s2'))).toBe('ecs(kubernetes.io/arch=amd64)');
  });

  test('another namespace with a policy of the same name counts for itself', () => {
    const world = harness();
    world.sees(policy.in('other').uid('other'));
    for (const n of [1, 2]) world.filter(aPod(`a${n}`).ofGroup('s1'));
    expect(world.unitFor(aPod('b1').in('other').uid('b').ofGroup('s1'))).toBe(
      'ecs(kubernetes.io/arch=amd64)',
    );
  });

  test('the answer holds the feasible nodes of the one unit', () => {
    const decision = harness().filter(aPod('e1').ofGroup('s1'), ['eci-0', 'ecs-1', 'arm-0']);
    expect(decision).toMatchObject({ outcome: 'chosen', nodeNames: ['ecs-1'] });
  });

  test('a unit without a feasible node is passed over', () => {
    expect(harness().unitFor(aPod('e1').ofGroup('s1'), ['arm-0', 'eci-0'])).toBe('eci');
  });

  test('nodes of no unit are not used', () => {
    expect(harness().filter(aPod('e1').ofGroup('s1'), ['arm-0'])).toMatchObject({
      outcome: 'lacks-resources',
      text: 'ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) has no feasible node, unit 2 eci has no feasible node (per job)',
    });
  });

  test('a place is free again as soon as the watch shows it', async () => {
    const world = harness();
    for (const n of [1, 2, 3, 4, 5]) expect(await world.schedule(aPod(`e${n}`).ofGroup('s1'))).toMatch(/^ec/);
    const waiting = aPod('e6').ofGroup('s1');
    expect(await world.schedule(waiting)).toBe('full');
    world.seesGone(aPod('e4').ofGroup('s1').on('eci-0'));
    expect(await world.schedule(waiting)).toBe('eci-0');
  });

  test('a pod filtered again does not stand in its own way', () => {
    const world = harness();
    for (const n of [1, 2]) world.filter(aPod(`e${n}`).ofGroup('s1'));
    expect(world.unitFor(aPod('e2').ofGroup('s1'))).toBe('ecs(kubernetes.io/arch=amd64)');
  });

  test('a refused pod gives up the place it held', () => {
    const world = harness();
    world.filter(aPod('e1').ofGroup('s1'));
    world.filter(aPod('e1').ofGroup('s1'), ['arm-0']);
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });
});

describe('pods that no limit can be kept for', () => {
  test('a pod that no policy selects is not ours', () => {
    expect(harness().filter(aPod('web').labels({ app: 'web' }))).toEqual({ outcome: 'not-ours' });
  });

  test('a pod in a namespace without policies is not ours', () => {
    expect(harness().filter(aPod('e1').in('kube-system'))).toEqual({ outcome: 'not-ours' });
  });

  test('a pod selected twice is refused, with both names', () => {
    const world = harness();
    world.sees(aPolicy('batch').unit({ resource: 'ecs' }));
    expect(world.filter(aPod('e1').ofGroup('s1'))).toEqual({
      outcome: 'conflict',
      text: 'more than one ResourcePolicy selects this pod: batch, spark; change their selectors so that one does',
    });
  });

  test('a pod without the label of matchLabelKeys is refused, with the label', () => {
    expect(harness().filter(aPod('e1'))).toMatchObject({
      outcome: 'missing-label',
      text: 'ResourcePolicy spark: the pod lacks the label job of matchLabelKeys, so it belongs to no group',
    });
  });

  test('a broken policy places nothing, and the text names the field', () => {
    const world = new Harness({ nodes, policies: [aPolicy('spark').unit({ resource: 'ecs', max: -1 })] });
    const decision = world.filter(aPod('e1'));
    expect(decision).toMatchObject({
      outcome: 'invalid-policy',
      text: expect.stringContaining('spec.units[0].max'),
    });
  });

  test('a match remembered for a pod is forgotten when the policies change', () => {
    const world = harness();
    const pod = aPod('e1').ofGroup('s1');
    expect(world.unitFor(pod)).toBe('ecs(kubernetes.io/arch=amd64)');
    world.seesGone(policy);
    expect(world.filter(pod)).toEqual({ outcome: 'not-ours' });
  });

  test('nothing is decided upon a view that is not ready', () => {
    const world = harness();
    world.unready = 'starting';
    expect(world.filter(aPod('e1').ofGroup('s1'))).toEqual({ outcome: 'not-ready', text: 'starting' });
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });
});

describe('pods that were decided upon already', () => {
  test('a pod being bound is offered the same node only', () => {
    const world = harness();
    const pod = aPod('e1').ofGroup('s1');
    world.filter(pod);
    world.ledger.startBind(pod.facts(), 'ecs-1');
    expect(world.filter(pod)).toMatchObject({ outcome: 'chosen', nodeNames: ['ecs-1'] });
    expect(world.filter(pod, ['eci-0'])).toEqual({
      outcome: 'already-decided',
      text: 'the pod is being bound to ecs-1',
    });
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });

  test('a pod that the watch showed bound is offered its node', () => {
    const world = harness();
    const pod = aPod('e1').ofGroup('s1');
    world.sees(pod.version('2').on('eci-0'));
    expect(world.filter(pod)).toMatchObject({ outcome: 'chosen', nodeNames: ['eci-0'] });
    expect(world.ledger.reservationCount).toBe(0);
  });

  test('a pod that the watch showed deleted holds no place', () => {
    const world = harness();
    const pod = aPod('e1').ofGroup('s1');
    world.sees(pod);
    world.seesGone(pod);
    expect(world.filter(pod)).toMatchObject({ outcome: 'already-decided' });
    expect(world.ledger.reservationCount).toBe(0);
  });

  test.each([
    ['being deleted', (pod: PodBuilder) => pod.terminating()],
    ['ended', (pod: PodBuilder) => pod.finished('Failed')],
  ])('nor does one that it showed %s before it was bound', (_name, ending) => {
    const world = harness();
    const pod = aPod('e1').ofGroup('s1');
    world.sees(ending(pod.version('2')));
    expect(world.filter(pod)).toMatchObject({ outcome: 'already-decided' });
    expect(world.ledger.reservationCount).toBe(0);
  });
});

test('nodes are ranked by unit order, the reserved unit first, nodes of no unit last', () => {
  const world = harness();
  const pod = aPod('e1').ofGroup('s1');
  world.filter(pod, ['eci-0']);
  expect(world.ranker.rank(pod.facts(), ['arm-0', 'ecs-0', 'eci-0'])).toEqual([
    { nodeName: 'arm-0', score: 0 },
    { nodeName: 'ecs-0', score: 9 },
    { nodeName: 'eci-0', score: 10 },
  ]);
  expect(world.ranker.rank(aPod('web').labels({}).facts(), ['ecs-0'])).toEqual([]);
});
