import { describe, expect, test, vi } from 'vitest';
import { DELETION_COST_ANNOTATION, POLICY_ANNOTATION, UNIT_ANNOTATION } from '../../src/facts/annotations.ts';
import type { BindResult } from '../../src/scheduling/ports.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const policy = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', max: 1 })
  .unit({ resource: 'eci', max: 1 });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const pod = aPod('e1').ofGroup('s1');
const rival = aPod('e2').ofGroup('s1');

function harness(): Harness {
  return new Harness({ nodes, policies: [policy] });
}

/** Of the pod, in each Binding that was sent. */
function versions(world: Harness): unknown {
  return world.bindings.map(({ resourceVersion }) => resourceVersion);
}

describe('the Binding', () => {
  test('carries policy and unit; in the first unit no deletion cost', async () => {
    const world = harness();
    world.filter(pod);
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'bound', error: undefined });
    expect(world.bindings).toEqual([
      {
        namespace: 'default',
        name: 'e1',
        uid: 'uid-e1',
        resourceVersion: '1',
        nodeName: 'ecs-0',
        labels: {},
        annotations: { [POLICY_ANNOTATION]: 'spark', [UNIT_ANNOTATION]: 'ecs' },
      },
    ]);
  });

  test('carries a lower deletion cost in each later unit', async () => {
    const world = harness();
    world.filter(pod, ['eci-0']);
    await world.bind(pod, 'eci-0');
    expect(world.bindings[0]?.annotations).toMatchObject({ [DELETION_COST_ANNOTATION]: '-100' });
  });

  test('leaves a deletion cost alone that the pod brought', async () => {
    const world = harness();
    const costly = pod.deletionCost(7);
    world.filter(costly, ['eci-0']);
    await world.bind(costly, 'eci-0');
    expect(world.bindings[0]?.annotations).not.toHaveProperty([DELETION_COST_ANNOTATION]);
  });

  test('of a pod that is not ours carries nothing', async () => {
    const world = harness();
    const web = aPod('web').labels({ app: 'web' });
    world.sees(web);
    expect(await world.bind(web, 'ecs-0')).toMatchObject({ outcome: 'bound' });
    expect(world.bindings).toEqual([
      { namespace: 'default', name: 'web', uid: 'uid-web', nodeName: 'ecs-0' },
    ]);
  });

  test('holds the place until the watch shows it', async () => {
    const world = harness();
    world.filter(pod);
    await world.bind(pod, 'ecs-0');
    world.advance(1_000);
    expect(world.unitFor(rival)).toBe('eci');
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });
});

describe('the commit check', () => {
  test('after a restart a pod takes its place anew', async () => {
    const world = harness();
    world.sees(pod);
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'bound' });
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });

  test('after a restart a pod whose place is taken is refused, and nothing is written', async () => {
    const world = harness();
    world.sees(pod);
    world.sees(rival.on('ecs-1'));
    expect(await world.bind(pod, 'ecs-0')).toEqual({
      outcome: 'refused',
      error: 'ResourcePolicy spark: unit 1 ecs is at max 1 (per job)',
    });
    expect(world.bindings).toEqual([]);
  });

  test('a pod that neither the watch nor a reservation knows is read from the API server', async () => {
    const world = harness();
    world.stored.set('default/e1', pod.facts());
    world.sees(rival.on('ecs-1'));
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'refused' });
    expect(await world.bind(pod, 'eci-0')).toMatchObject({ outcome: 'bound' });
  });

  test('a pod that the watch shows bound while it is read is not bound again', async () => {
    const world = harness();
    world.stored.set('default/e1', pod.facts());
    const commit = world.bind(pod, 'ecs-0');
    world.sees(pod.on('ecs-0'));
    expect(await commit).toMatchObject({ outcome: 'already-bound' });
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });

  test('a pod that exists nowhere is gone', async () => {
    expect(await harness().bind(pod, 'ecs-0')).toEqual({
      outcome: 'pod-gone',
      error: 'pod default/e1 no longer exists',
    });
  });

  test('a pod recreated under its name is another pod', async () => {
    const world = harness();
    world.stored.set('default/e1', pod.uid('reborn').facts());
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'pod-gone' });
  });

  test('a node of no unit is refused', async () => {
    const world = harness();
    world.filter(pod);
    expect(await world.bind(pod, 'unknown')).toEqual({
      outcome: 'refused',
      error: 'ResourcePolicy spark: node unknown belongs to no unit',
    });
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });

  test('a max lowered since /filter is kept', async () => {
    const world = harness();
    world.sees(policy.generation(2).spec({ units: [{ resource: 'ecs', max: 2 }] }));
    world.filter(pod);
    world.filter(rival);
    world.sees(policy.generation(3).spec({ units: [{ resource: 'ecs', max: 1 }] }));
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'refused' });
    expect(await world.bind(rival, 'ecs-1')).toMatchObject({ outcome: 'bound' });
  });

  test('a pod that the watch shows bound is not bound again, and holds no second place', async () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    expect(await world.bind(pod, 'ecs-0')).toEqual({ outcome: 'already-bound', error: undefined });
    expect(await world.bind(pod, 'eci-0')).toEqual({
      outcome: 'refused',
      error: 'the pod is bound to ecs-0',
    });
    expect(world.bindings).toEqual([]);
    expect([world.taken(policy, 's1', 0), world.taken(policy, 's1', 1)]).toEqual([1, 0]);
  });

  test('a pod that two policies select by now is refused', async () => {
    const world = harness();
    world.sees(pod);
    world.filter(pod);
    world.sees(aPolicy('batch').unit({ resource: 'ecs' }));
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({
      outcome: 'refused',
      error: expect.stringContaining('batch, spark'),
    });
    expect(world.bindings).toEqual([]);
  });

  test('a reservation that was taken back and given to another pod is not bound', async () => {
    const world = harness();
    world.sees(pod);
    world.filter(pod);
    world.sees(pod.version('2').unschedulable());
    expect(world.unitFor(rival)).toBe('ecs');
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'refused' });
  });

  test('nothing is bound while the view is not ready', async () => {
    const world = harness();
    world.filter(pod);
    world.unready = 'stopping';
    expect(await world.bind(pod, 'ecs-0')).toEqual({ outcome: 'not-ready', error: 'stopping' });
    expect(world.bindings).toEqual([]);
  });
});

describe("the API server's answer", () => {
  test('already bound to this node is success', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => ({ outcome: 'already-bound-here' });
    expect(await world.bind(pod, 'ecs-0')).toEqual({ outcome: 'already-bound', error: undefined });
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });

  test('a refusal gives the place back', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => ({ outcome: 'refused', status: 403, message: 'forbidden' });
    expect(await world.bind(pod, 'ecs-0')).toEqual({
      outcome: 'api-refused',
      error: 'the API server refused the binding: forbidden',
    });
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });

  test('a lost answer keeps the place, and a retry may only repeat it', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => ({ outcome: 'unknown', message: 'connection reset' });
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'api-unknown' });
    expect(world.unitFor(rival)).toBe('eci');
    expect(await world.bind(pod, 'ecs-1')).toMatchObject({ outcome: 'refused' });
    world.answer = () => ({ outcome: 'already-bound-here' });
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'already-bound' });
  });

  test('a refusal of the repetition does not free the place of the first, which may still land', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => ({ outcome: 'unknown', message: 'timeout' });
    await world.bind(pod, 'ecs-0');
    world.answer = () => ({ outcome: 'refused', status: 429, message: 'slow down' });
    await world.bind(pod, 'ecs-0');
    expect(world.taken(policy, 's1', 0)).toBe(1);
    world.answer = () => ({ outcome: 'refused', status: 404, message: 'not found' });
    await world.bind(pod, 'ecs-0');
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });

  test('the watch may be faster than the answer', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => {
      world.sees(pod.version('2').on('ecs-0'));
      return { outcome: 'bound' };
    };
    await world.bind(pod, 'ecs-0');
    expect(world.taken(policy, 's1', 0)).toBe(1);
    expect(world.ledger.reservationCount).toBe(0);
  });

  test('a pod deleted while its Binding is under way frees the place', async () => {
    const world = harness();
    world.sees(pod);
    world.filter(pod);
    world.answer = () => {
      world.seesGone(pod);
      return { outcome: 'refused', status: 404, message: 'not found' };
    };
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'pod-gone' });
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });

  test('two Bindings under way at once never share the last place', async () => {
    const world = harness();
    const answers: (() => void)[] = [];
    world.answer = () =>
      new Promise((resolve) => {
        answers.push(() => resolve({ outcome: 'bound' }));
      });
    world.sees(pod);
    world.sees(rival);
    const first = world.bind(pod, 'ecs-0');
    const second = world.bind(rival, 'ecs-1');
    await expect.poll(() => answers.length).toBe(1);
    answers[0]?.();
    expect([(await first).outcome, (await second).outcome]).toEqual(['bound', 'refused']);
  });
});

describe('a pod that has changed since it was decided upon', () => {
  const bound = { outcome: 'bound' } as const;

  test('is decided upon again, and bound as it is now', async () => {
    const world = harness();
    world.filter(pod);
    const answers: BindResult[] = [{ outcome: 'stale', pod: pod.version('3').facts() }, bound];
    world.answer = () => answers.shift() ?? bound;
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'bound', error: undefined });
    expect(versions(world)).toEqual(['1', '3']);
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });

  test('is bound as kube-scheduler has seen it where that is later than what the watch has shown', async () => {
    const world = harness();
    world.sees(pod.version('4'));
    world.filter(pod.version('12'));
    await world.bind(pod, 'ecs-0');
    expect(versions(world)).toEqual(['12']);
  });

  test('is bound as the watch has shown it where that is later', async () => {
    const world = harness();
    world.filter(pod.version('4'));
    world.sees(pod.version('12'));
    await world.bind(pod, 'ecs-0');
    expect(versions(world)).toEqual(['12']);
  });

  test('and belongs to a full group by now is refused, and holds no place', async () => {
    const world = harness();
    world.sees(aPod('other').ofGroup('s2').on('ecs-1'));
    world.filter(pod);
    world.answer = () => ({ outcome: 'stale', pod: pod.version('3').ofGroup('s2').facts() });
    expect(await world.bind(pod, 'ecs-0')).toEqual({
      outcome: 'refused',
      error: 'ResourcePolicy spark: unit 1 ecs is at max 1 (per job)',
    });
    expect([world.taken(policy, 's1', 0), world.taken(policy, 's2', 0)]).toEqual([0, 1]);
  });

  test('and is bound by now, as the watch shows, is not bound again', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => {
      world.sees(pod.version('4').on('ecs-1'));
      return { outcome: 'stale', pod: pod.version('3').facts() };
    };
    expect(await world.bind(pod, 'ecs-0')).toMatchObject({ outcome: 'refused' });
    expect(world.bindings).toHaveLength(1);
    expect(world.taken(policy, 's1', 0)).toBe(1);
  });

  test('is not bound when it is no longer our turn', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = () => {
      world.unready = 'another replica decides';
      return { outcome: 'stale', pod: pod.version('3').facts() };
    };
    expect(await world.bind(pod, 'ecs-0')).toEqual({
      outcome: 'not-ready',
      error: 'another replica decides',
    });
    expect(world.bindings).toHaveLength(1);
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });

  test('again and again is left to kube-scheduler', async () => {
    const world = harness();
    world.filter(pod);
    world.answer = ({ resourceVersion = '' }) => ({
      outcome: 'stale',
      pod: pod.version(`${Number(resourceVersion) + 1}`).facts(),
    });
    expect(await world.bind(pod, 'ecs-0')).toEqual({
      outcome: 'api-refused',
      error: 'pod default/e1 changes too often to be bound',
    });
    expect(versions(world)).toEqual(['1', '2', '3', '4', '5']);
    expect(world.taken(policy, 's1', 0)).toBe(0);
  });
});

describe('two Bindings of one pod at once', () => {
  const refused = { outcome: 'refused', status: 429, message: 'slow down' } as const;
  const unknown = { outcome: 'unknown', message: 'lost' } as const;

  test.each([
    ['the first is refused while the second is on its way', [refused], 1],
    ['the second is refused while the first is on its way', [undefined, refused], 1],
    ['one is lost and then the other is refused', [refused, unknown], 1],
    ['both are refused', [refused, refused], 0],
    ['one lands and the other is refused', [refused, { outcome: 'bound' } as const], 1],
  ])('%s', async (_, [first, second], held) => {
    const world = harness();
    const answers: ((result: BindResult) => void)[] = [];
    world.answer = async () => new Promise((resolve) => answers.push(resolve));
    world.filter(pod);
    const commits = [world.bind(pod, 'ecs-0'), world.bind(pod, 'ecs-0')];
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    if (second !== undefined) {
      answers[1]?.(second);
      await commits[1];
    }
    if (first !== undefined) {
      answers[0]?.(first);
      await commits[0];
    }
    expect(world.taken(policy, 's1', 0)).toBe(held);
    expect(world.unitFor(rival)).toBe(held === 1 ? 'eci' : 'ecs');
  });
});
