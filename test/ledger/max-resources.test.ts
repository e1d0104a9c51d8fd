import { describe, expect, test } from 'vitest';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const GI = 1_024 ** 3;
const policy = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', maxResources: { cpu: 4, memory: '8Gi' } })
  .unit({ resource: 'eci' });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const inJob = (name: string): PodBuilder => aPod(name).ofGroup('s1').requesting({ cpu: 1, memory: '2Gi' });
const pod = inJob('e1');

function harness(policies: readonly PolicyBuilder[] = [policy]): Harness {
  return anAuditedHarness({ nodes, policies });
}

/** Summed requests of group s1 in a unit, by the unit's limits. */
function amounts(world: Harness, unitIndex = 0): readonly number[] {
  return world.ledger.group({ policyKey: 'default/spark', group: 's1' })?.usage(unitIndex).amounts ?? [];
}

describe('what counts toward maxResources', () => {
  const cases: Record<string, { pod: PodBuilder; want: readonly number[] }> = {
    'a bound pod, with its requests': { pod: pod.on('ecs-0'), want: [1_000, 2 * GI] },
    'a pod on a node of another unit does not': { pod: pod.on('eci-0'), want: [0, 0] },
    'a waiting pod does not': { pod, want: [0, 0] },
    'a finished pod does not': { pod: pod.on('ecs-0').finished(), want: [] },
    'a terminating pod does not by default': { pod: pod.on('ecs-0').terminating(), want: [] },
    'a pod of another group does not': { pod: pod.ofGroup('s2').on('ecs-0'), want: [] },
    'a pod without requests adds nothing': { pod: pod.requesting({}).on('ecs-0'), want: [0, 0] },
    'a resource without a limit is not looked at': {
      pod: pod.requesting({ 'nvidia.com/gpu': 8, cpu: '250m' }).on('ecs-0'),
      want: [250, 0],
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { pod: seen, want }) => {
    const world = harness();
    world.sees(seen);
    expect(amounts(world)).toEqual(want);
  });

  test('a place held for a pod does, before it is bound and once when it is', async () => {
    const world = harness();
    world.sees(pod);
    world.filter(pod);
    expect(amounts(world)).toEqual([1_000, 2 * GI]);
    await world.bind(pod, 'ecs-0');
    expect(amounts(world)).toEqual([1_000, 2 * GI]);
    world.sees(pod.version('2').on('ecs-0'));
    expect(amounts(world)).toEqual([1_000, 2 * GI]);
  });

  test('a place held in one unit and taken in another moves the sum', () => {
    const limited = policy.spec({
      units: [
        { resource: 'ecs', maxResources: { cpu: 4 } },
        { resource: 'eci', maxResources: { memory: '8Gi' } },
      ],
    });
    const world = harness([limited]);
    world.filter(pod);
    world.sees(pod.version('2').on('eci-0'));
    expect([amounts(world, 0), amounts(world, 1)]).toEqual([[0], [2 * GI]]);
  });

  test('the pod itself is left out when it is asked about again', () => {
    const world = harness();
    const large = pod.requesting({ cpu: 4 });
    expect(world.unitFor(large)).toBe('ecs');
    expect(world.unitFor(large)).toBe('ecs');
    expect(amounts(world)).toEqual([4_000, 0]);
  });
});

describe('the sum follows the cluster', () => {
  test('a bound pod that is resized in place', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.sees(pod.version('2').requesting({ cpu: '2500m', memory: '1Gi' }).on('ecs-0'));
    expect(amounts(world)).toEqual([2_500, GI]);
    expect(world.unitFor(inJob('e2').requesting({ cpu: 2 }))).toBe('eci');
    world.sees(pod.version('3').requesting({ cpu: 2 }).on('ecs-0'));
    expect(amounts(world)).toEqual([2_000, 0]);
    expect(world.unitFor(inJob('e2').requesting({ cpu: 2 }))).toBe('ecs');
  });

  test('a resize that makes room tells the waiting pods, one that takes room does not', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.sees(inJob('waiting'));
    world.sees(pod.version('2').requesting({ cpu: 4, memory: '2Gi' }).on('ecs-0'));
    expect(world.rooms).toEqual([]);
    world.sees(pod.version('3').requesting({ cpu: 3, memory: '2Gi' }).on('ecs-0'));
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: 's1' }]);
  });

  test.each([
    ['finishes', (world: Harness) => world.sees(pod.version('2').on('ecs-0').finished('Failed'))],
    ['is deleted', (world: Harness) => world.seesGone(pod.on('ecs-0'))],
    ['terminates', (world: Harness) => world.sees(pod.version('2').on('ecs-0').terminating())],
    ['leaves with its node’s label', (world: Harness) => world.sees(aNode('ecs-0').virtual())],
  ])('what a pod took is free again when it %s', (_name, happens) => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.sees(inJob('e2').on('ecs-1'));
    world.sees(inJob('waiting'));
    happens(world);
    expect(amounts(world)).toEqual([1_000, 2 * GI]);
    expect(world.rooms).toContainEqual({ policyKey: 'default/spark', group: 's1' });
  });

  test('a policy that limits other resources is counted anew', () => {
    const world = harness();
    world.sees(pod.on('ecs-0'));
    world.filter(inJob('e2'));
    world.sees(
      policy.generation(2).spec({ units: [{ resource: 'ecs', maxResources: { memory: '8Gi', pods: 9 } }] }),
    );
    expect(amounts(world)).toEqual([4 * GI, 2]);
  });
});

describe('a group at its maxResources', () => {
  test('goes on to the next unit, pod by pod as each one fits', () => {
    const world = harness();
    world.sees(pod.requesting({ cpu: '3500m' }).on('ecs-0'));
    expect(world.unitFor(inJob('large').requesting({ cpu: 1 }))).toBe('eci');
    expect(world.unitFor(inJob('small').requesting({ cpu: '500m' }))).toBe('ecs');
    expect(world.unitFor(inJob('tiny').requesting({ cpu: '1m' }))).toBe('eci');
  });

  test('waits, with the limits in the text, when no unit is left', () => {
    const world = harness([
      aPolicy('spark').unit({ resource: 'ecs', maxResources: { cpu: '1500m', memory: '8Gi' } }),
    ]);
    world.sees(pod.on('ecs-0'));
    expect(world.filter(inJob('e2'))).toMatchObject({
      outcome: 'full',
      text: 'ResourcePolicy spark: unit 1 ecs has no room left in maxResources cpu 1500m, memory 8Gi',
    });
  });

  test('is checked again at /bind', async () => {
    const world = harness();
    const large = inJob('e2').requesting({ cpu: 3 });
    world.sees(large);
    world.filter(large);
    world.sees(pod.requesting({ cpu: 2 }).on('ecs-0'));
    expect(await world.bind(large, 'ecs-1')).toMatchObject({
      outcome: 'refused',
      error: expect.stringContaining('maxResources cpu 4, memory 8Gi'),
    });
    expect(amounts(world)).toEqual([2_000, 0]);
  });
});

describe('pods that wait while there is room', () => {
  const tight = aPolicy('spark')
    .perGroup()
    .unit({ resource: 'ecs', max: 5, maxResources: { cpu: 4 } });
  const ref = { policyKey: 'default/spark', group: 's1' };
  const names = (world: Harness): readonly string[] =>
    world.ledger.waiting(ref).map(({ pod: { name } }) => name);

  test('are those that fit into what is left', () => {
    const world = harness([tight]);
    world.sees(pod.requesting({ cpu: '3500m' }).on('ecs-0'));
    world.sees(inJob('large').requesting({ cpu: 1 }));
    world.sees(inJob('small').requesting({ cpu: '500m' }));
    world.sees(inJob('plain').requesting({}));
    expect(names(world)).toEqual(['small', 'plain']);
  });

  test('are, at the limit itself, those that ask for none of it', () => {
    const world = harness([tight]);
    world.sees(pod.requesting({ cpu: 4 }).on('ecs-0'));
    world.sees(inJob('small').requesting({ cpu: '1m' }));
    world.sees(inJob('plain').requesting({}));
    expect(names(world)).toEqual(['plain']);
    expect(world.ledger.group(ref)?.room()).toBe(4);
  });

  test('are none when the limit was lowered below what is there', () => {
    const world = harness([tight]);
    world.sees(pod.requesting({ cpu: 4 }).on('ecs-0'));
    world.sees(inJob('plain').requesting({}));
    world.sees(tight.generation(2).spec({ units: [{ resource: 'ecs', max: 5, maxResources: { cpu: 3 } }] }));
    expect(names(world)).toEqual([]);
    expect(world.ledger.group(ref)?.room()).toBe(0);
  });
});
