import { describe, expect, test } from 'vitest';
import type { BindResult } from '../../src/scheduling/ports.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const policy = aPolicy('spark').unit({ resource: 'ecs', max: 1 }).unit({ resource: 'eci', max: 1 });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const pod = aPod('e1');
const rival = aPod('e2');

function taken(world: Harness): readonly number[] {
  return [world.taken(policy, '', 0), world.taken(policy, '', 1)];
}

/** Calls /bind; resolves when the Binding was sent. Its answer is the test's to give. */
async function sent(world: Harness, to: string): Promise<{ answer: (result: BindResult) => Promise<void> }> {
  return new Promise((isSent) => {
    world.answer = async () =>
      new Promise((resolve) => {
        const answer = async (result: BindResult): Promise<void> => {
          resolve(result);
          await commit;
        };
        isSent({ answer });
      });
    const commit = world.bind(pod, to);
  });
}

function outsidePolicies(): Harness {
  const world = new Harness({ nodes });
  world.sees(pod);
  return world;
}

async function beingBound(to = policy, bound = pod): Promise<Harness> {
  const world = new Harness({ nodes, policies: [to] });
  world.sees(bound);
  world.filter(bound);
  await world.bind(bound, 'ecs-0');
  return world;
}

/** The answer to its Binding was lost. */
async function lost(): Promise<Harness> {
  const world = new Harness({ nodes, policies: [policy] });
  world.sees(pod);
  world.filter(pod);
  world.answer = () => ({ outcome: 'unknown', message: 'lost' });
  await world.bind(pod, 'ecs-0');
  return world;
}

describe('a Binding sent while no policy selected the pod', () => {
  test('holds its place under a policy that appears', async () => {
    const world = outsidePolicies();
    const binding = await sent(world, 'ecs-0');
    world.sees(policy);
    expect(world.unitFor(rival)).toBe('eci');
    await binding.answer({ outcome: 'bound' });
    expect(taken(world)).toEqual([1, 1]);
    world.sees(pod.version('2').on('ecs-0'));
    expect(taken(world)).toEqual([1, 1]);
    expect(world.ledger.reservation('uid-e1')).toBeUndefined();
  });

  test('gives it up when the API server refuses it, and says so', async () => {
    const world = outsidePolicies();
    const binding = await sent(world, 'ecs-0');
    world.sees(policy);
    world.rooms.length = 0;
    await binding.answer({ outcome: 'refused', status: 403, message: 'no' });
    expect(taken(world)).toEqual([0, 0]);
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: '' }]);
  });

  test('may be followed by one to another node, and then either may land', async () => {
    const world = outsidePolicies();
    const first = await sent(world, 'ecs-0');
    const second = await sent(world, 'eci-0');
    world.sees(policy);
    expect(taken(world)).toEqual([1, 1]);
    await first.answer({ outcome: 'unknown', message: 'lost' });
    await second.answer({ outcome: 'refused', status: 409, message: 'already bound' });
    expect(world.ledger.reservation('uid-e1')).toMatchObject({ state: 'uncertain' });
    world.sees(pod.version('2').on('ecs-0'));
    expect(taken(world)).toEqual([1, 0]);
  });

  test('takes no other node once a policy selects the pod', async () => {
    const world = outsidePolicies();
    await sent(world, 'ecs-0');
    world.sees(policy);
    expect(await world.bind(pod, 'eci-0')).toEqual({
      outcome: 'refused',
      error: 'a binding of the pod to ecs-0 is under way',
    });
  });
});

describe('a Binding under way counts as the pod will', () => {
  test('under each policy that selects the pod by now', async () => {
    const world = await beingBound();
    const other = aPolicy('other').unit({ max: 1 });
    world.sees(other);
    expect([world.taken(policy, '', 0), world.taken(other, '', 0)]).toEqual([1, 1]);
    world.seesGone(policy);
    expect(world.taken(other, '', 0)).toBe(1);
  });

  test('in the unit that holds its node by now', async () => {
    const world = await beingBound();
    world.sees(aNode('ecs-0').virtual());
    expect(taken(world)).toEqual([0, 1]);
  });

  test('in the group that its labels name by now', async () => {
    const grouped = policy.perGroup();
    const world = await beingBound(grouped, pod.ofGroup('s1'));
    world.sees(pod.version('2').ofGroup('s2'));
    expect([world.taken(grouped, 's1', 0), world.taken(grouped, 's2', 0)]).toEqual([0, 1]);
  });

  test('with what it requests by now', async () => {
    const limited = policy.spec({ units: [{ resource: 'ecs', maxResources: { cpu: '4' } }] });
    const world = await beingBound(limited, pod.requesting({ cpu: '1' }));
    world.sees(pod.version('2').requesting({ cpu: '3' }));
    expect(world.unitFor(rival.requesting({ cpu: '2' }))).toBe('full');
    expect(world.unitFor(rival.requesting({ cpu: '1' }))).toBe('ecs');
  });
});

describe('a pod that was refused while its Binding was under way is told', () => {
  const limits = { reservedMs: 60_000, uncertainMs: 120_000 };

  test.each([
    ['when the API server refuses it', { outcome: 'refused', status: 403, message: 'no' }],
    ['when nothing is heard of it', { outcome: 'unknown', message: 'lost' }],
  ] as const)('%s, though it counted nowhere', async (_name, result) => {
    const world = outsidePolicies();
    const binding = await sent(world, 'ecs-0');
    const virtual = aPolicy('spark').unit({ resource: 'eci', max: 1 });
    world.sees(virtual);
    expect(world.unitFor(pod, ['eci-0'])).toBe('already-decided');
    world.rooms.length = 0;
    await binding.answer(result);
    world.advance(120_000);
    world.ledger.expire({ ...limits, currentAtMs: 120_000 });
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: '' }]);
  });
});

describe('a Binding whose answer was lost', () => {
  test('holds its place, and asks for a change of the pod', async () => {
    const world = await lost();
    expect(taken(world)).toEqual([1, 0]);
    expect(world.doubtful).toEqual(['e1']);
  });

  test('is void once the pod is seen changed and unbound: it had named the version before', async () => {
    const world = await lost();
    world.sees(pod.version('2'));
    expect(taken(world)).toEqual([0, 0]);
    expect(world.ledger.unsettledCount).toBe(0);
    expect(world.unitFor(rival)).toBe('ecs');
  });

  test('still may land while the pod is seen as it was sent for', async () => {
    const world = await lost();
    world.sees(pod);
    expect(taken(world)).toEqual([1, 0]);
  });

  test('may still land while another of the same pod is open', async () => {
    const world = await lost();
    const again = await sent(world, 'ecs-0');
    world.sees(pod.version('2'));
    expect(taken(world)).toEqual([1, 0]);
    await again.answer({ outcome: 'bound' });
    expect(taken(world)).toEqual([1, 0]);
  });

  test('is not void by the version that writing its labels made, not after a repetition either', async () => {
    const world = new Harness({ nodes, policies: [policy] });
    world.sees(pod);
    world.filter(pod);
    world.answer = () => ({ outcome: 'unknown', resourceVersion: '2', message: 'lost' });
    await world.bind(pod, 'ecs-0');
    world.sees(pod.version('2'));
    expect(taken(world)).toEqual([1, 0]);

    world.answer = () => ({ outcome: 'refused', status: 429, message: 'later' });
    await world.bind(pod, 'ecs-0');
    world.sees(pod.version('2'));
    expect(taken(world)).toEqual([1, 0]);
    world.sees(pod.version('3'));
    expect(taken(world)).toEqual([0, 0]);
  });

  test('is not void when no version can be told from another', async () => {
    const world = new Harness({ nodes, policies: [policy] });
    const unversioned = pod.version('');
    world.sees(unversioned);
    world.filter(unversioned);
    world.answer = () => ({ outcome: 'unknown', message: 'lost' });
    await world.bind(unversioned, 'ecs-0');
    world.sees(pod.version('2'));
    expect(taken(world)).toEqual([1, 0]);
  });

  test('lets go of who was refused meanwhile', async () => {
    const world = await lost();
    world.sees(rival);
    world.sees(aPod('e3').on('eci-0').placedBy('spark', 'eci'));
    expect(world.unitFor(rival)).toBe('full');
    world.rooms.length = 0;
    world.sees(pod.version('2'));
    expect(world.rooms).toContainEqual({ policyKey: 'default/spark', group: '' });
  });
});
