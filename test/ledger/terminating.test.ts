import { describe, expect, test } from 'vitest';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const patient = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', max: 2 })
  .unit({ resource: 'eci', max: 3 })
  .spec({ whenTryNextUnits: { policy: 'LackResourceAndNoTerminating' } });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const inJob = (name: string, job = 's1'): PodBuilder => aPod(name).ofGroup(job);
const leaving = inJob('leaving').on('ecs-0').terminating();

function harness(policy: PolicyBuilder = patient): Harness {
  return anAuditedHarness({ nodes, policies: [policy] });
}

/** Whether terminating pods are in each unit. */
function terminating({ ledger }: Harness): readonly boolean[] {
  const [policy] = ledger.policiesOf('default');
  return policy?.units.map((unit) => ledger.hasTerminating(policy, unit)) ?? [];
}

describe('a unit has terminating pods', () => {
  const cases: Record<string, { pod: PodBuilder; want: readonly boolean[] }> = {
    'when one is on its nodes': { pod: leaving, want: [true, false] },
    'of any group': { pod: leaving.ofGroup('s2'), want: [true, false] },
    'and of none': { pod: aPod('leaving').on('eci-0').terminating(), want: [false, true] },
    'not when it is of another namespace': { pod: leaving.in('other'), want: [false, false] },
    'not when the policy does not select it': { pod: leaving.labels({ app: 'web' }), want: [false, false] },
    'not when it is on a node of no unit': { pod: leaving.on('nowhere').terminating(), want: [false, false] },
    'not when it is unbound': { pod: inJob('leaving').terminating(), want: [false, false] },
    'not when its containers have ended': { pod: leaving.finished('Failed'), want: [false, false] },
    'not while it runs': { pod: inJob('e1').on('ecs-0'), want: [false, false] },
  };

  test.each(Object.entries(cases))('%s', (_name, { pod, want }) => {
    const world = harness();
    world.sees(pod);
    expect(terminating(world)).toEqual(want);
  });

  test('whether terminating pods count or not', () => {
    const world = harness(patient.spec({ ignoreTerminatingPod: false }));
    world.sees(inJob('leaving').on('ecs-0'));
    world.sees(leaving.version('2'));
    expect(terminating(world)).toEqual([true, false]);
    expect(world.taken(patient, 's1', 0)).toBe(1);
  });

  test('until the last one is gone', () => {
    const world = harness();
    const other = inJob('other', 's2').on('ecs-1').terminating();
    world.sees(leaving);
    world.sees(other);
    world.seesGone(leaving);
    expect(terminating(world)).toEqual([true, false]);
    world.seesGone(other);
    expect(terminating(world)).toEqual([false, false]);
  });

  test('where its node is now', () => {
    const world = harness();
    world.sees(leaving);
    world.sees(aNode('ecs-0').virtual());
    expect(terminating(world)).toEqual([false, true]);
  });

  test('as the policy’s units are now', () => {
    const world = harness();
    world.sees(leaving);
    world.sees(patient.generation(2).spec({ units: [{ resource: 'eci' }, { resource: 'ecs' }] }));
    expect(terminating(world)).toEqual([false, true]);
  });
});

/** One pod leaves the first unit, one of each group waits. */
function leavingOne(policy = patient): Harness {
  const world = harness(policy);
  world.sees(leaving);
  world.sees(inJob('w1', 's1'));
  world.sees(inJob('w2', 's2'));
  expect(world.rooms).toEqual([]);
  return world;
}

describe('when the terminating pods of a unit are gone', () => {
  const everyGroup = ['s1', 's2'].map((group) => ({ policyKey: 'default/spark', group }));

  const ways: Record<string, (world: Harness) => void> = {
    deleted: (world) => world.seesGone(leaving),
    finished: (world) => world.sees(leaving.version('2').finished()),
    'no longer selected': (world) => world.sees(leaving.version('2').labels({ app: 'web' })),
  };
  test.each(Object.entries(ways))('the waiting pods of every group are told: %s', (_name, happens) => {
    const world = leavingOne();
    happens(world);
    expect(world.rooms).toEqual(everyGroup);
  });

  test('nobody is told before the last one is gone', () => {
    const world = leavingOne();
    world.sees(inJob('other').on('ecs-1').terminating());
    world.seesGone(leaving);
    expect(world.rooms).toEqual([]);
  });

  test('terminating pods of another unit do not hold the word back', () => {
    const world = leavingOne();
    world.sees(inJob('other').on('eci-0').terminating());
    world.seesGone(leaving);
    expect(world.rooms).toEqual(everyGroup);
  });

  test('nobody is told twice of a pod that was no longer there', () => {
    const world = leavingOne();
    world.sees(leaving.version('2').finished());
    world.seesGone(leaving.finished());
    expect(world.rooms).toEqual(everyGroup);
  });

  test.each(['LackResourceOrExceedMax', 'ExceedMax', 'TimeoutOrExceedMax'])(
    'nobody is told under %s, where nobody waits for it',
    (policy) => {
      const world = leavingOne(patient.spec({ whenTryNextUnits: { policy } }));
      world.seesGone(leaving);
      expect(world.rooms).toEqual([]);
    },
  );
});
