import { describe, expect, test } from 'vitest';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const nodes = [aNode('ecs-0'), aNode('eci-0').virtual()];
const pod = aPod('e1');

/** Pods counted by unit. */
function taken(world: Harness, policy: PolicyBuilder): readonly number[] {
  return policy.parsed().units.map(({ index }) => world.taken(policy, '', index));
}

function seenBy(policy: PolicyBuilder, ...pods: readonly PodBuilder[]): Harness {
  const world = anAuditedHarness({ nodes, policies: [policy] });
  for (const each of pods) world.sees(each);
  return world;
}

describe('a unit with podLabels and podAnnotations counts', () => {
  const marked = aPolicy('spark').unit({
    resource: 'ecs',
    max: 2,
    podLabels: { tier: 'a' },
    podAnnotations: { note: 'b' },
  });
  const bearing = pod.labelled({ tier: 'a' }).annotated({ note: 'b' });
  const cases: Record<string, { pod: PodBuilder; want: number }> = {
    'a pod that bears them, whoever bound it': { pod: bearing.on('ecs-0'), want: 1 },
    'no pod that bears none of them': { pod: pod.on('ecs-0'), want: 0 },
    'no pod that bears the labels alone': { pod: pod.labelled({ tier: 'a' }).on('ecs-0'), want: 0 },
    'no pod that bears the annotations alone': { pod: pod.annotated({ note: 'b' }).on('ecs-0'), want: 0 },
    'no pod that bears another value': { pod: bearing.labelled({ tier: 'b' }).on('ecs-0'), want: 0 },
    'a pod that was given a place in it, though its labels were changed': {
      pod: pod.labelled({ tier: 'z' }).placedBy('spark', 'ecs').on('ecs-0'),
      want: 1,
    },
    'a pod whose record names another policy only when it bears them': {
      pod: pod.placedBy('other', 'ecs').on('ecs-0'),
      want: 0,
    },
    'no pod that bears them on another unit’s node': { pod: bearing.on('eci-0'), want: 0 },
    'no waiting pod that bears them': { pod: bearing, want: 0 },
  };

  test.each(Object.entries(cases))('%s', (_name, { pod: seen, want }) => {
    expect(taken(seenBy(marked, seen), marked)).toEqual([want]);
  });

  test('a pod that gains them, until it loses them', () => {
    const world = seenBy(marked, pod.on('ecs-0'), aPod('waiting'));
    world.sees(bearing.version('2').on('ecs-0'));
    expect(taken(world, marked)).toEqual([1]);
    expect(world.rooms).toEqual([]);
    world.sees(bearing.version('3').annotated({ note: '' }).on('ecs-0'));
    expect(taken(world, marked)).toEqual([0]);
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: '' }]);
  });

  test('a pod that it takes itself, from /filter to the watch’s event', async () => {
    const world = seenBy(marked);
    expect(await world.schedule(pod)).toBe('ecs-0');
    expect(taken(world, marked)).toEqual([1]);
    expect(world.ledger.pod('uid-e1')).toMatchObject({
      labels: { tier: 'a' },
      annotations: { note: 'b' },
      recordedUnit: 'ecs',
    });
  });

  test('no more pods than max, foreign ones that bear nothing left out', async () => {
    const world = seenBy(marked, aPod('x').on('ecs-0'), aPod('y').on('ecs-0'));
    for (const name of ['a', 'b', 'c']) await world.schedule(aPod(name));
    expect(world.bindings.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(taken(world, marked)).toEqual([2]);
  });
});

const tier = (value: string) => ({ resource: 'ecs', max: 5, podLabels: { tier: value } }) as const;

describe('units that share nodes are told apart', () => {
  const byLabel = aPolicy('spark').unit(tier('a')).unit(tier('b'));
  const cases: Record<string, { policy?: PolicyBuilder; pod: PodBuilder; want: readonly number[] }> = {
    'by the labels that the pod bears': { pod: pod.labelled({ tier: 'b' }).on('ecs-0'), want: [0, 1] },
    'by the labels, the first of two': { pod: pod.labelled({ tier: 'a' }).on('ecs-0'), want: [1, 0] },
    'by the record before the labels': {
      pod: pod.labelled({ tier: 'b' }).placedBy('spark', 'ecs').on('ecs-0'),
      want: [1, 0],
    },
    'by the labels where the record is of another policy': {
      pod: pod.labelled({ tier: 'b' }).placedBy('other', 'ecs').on('ecs-0'),
      want: [0, 1],
    },
    'and a pod that bears neither’s labels counts in none': { pod: pod.on('ecs-0'), want: [0, 0] },
    'by order where both write nothing': {
      policy: aPolicy('spark').unit({ resource: 'ecs', max: 1 }).unit({}),
      pod: pod.on('ecs-0'),
      want: [1, 0],
    },
    'by the node where one does not hold it': {
      policy: aPolicy('spark').unit({ resource: 'ecs' }).unit({}),
      pod: pod.on('eci-0'),
      want: [0, 1],
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { policy = byLabel, pod: seen, want }) => {
    expect(taken(seenBy(policy, seen), policy)).toEqual(want);
  });

  test('when they fill one after the other, each up to its max', async () => {
    const policy = aPolicy('spark')
      .unit({ ...tier('a'), max: 1 })
      .unit({ ...tier('b'), max: 1 });
    const world = seenBy(policy);
    for (const name of ['a', 'b', 'c']) await world.schedule(aPod(name));
    expect(world.bindings.map(({ name, labels }) => [name, labels])).toEqual([
      ['a', { tier: 'a' }],
      ['b', { tier: 'b' }],
    ]);
  });
});
