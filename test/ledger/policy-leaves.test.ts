import { describe, expect, test } from 'vitest';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const spark = aPolicy('spark').unit({ resource: 'ecs', max: 0 });
const batch = aPolicy('batch').unit({ resource: 'ecs', max: 2 });
const nodes = [aNode('ecs-0')];
const pod = aPod('e1');

function harness(...policies: readonly PolicyBuilder[]): Harness {
  return anAuditedHarness({ nodes, policies });
}

describe('pods that no policy holds back any more are released', () => {
  const cases: Record<string, { pod?: PodBuilder; policy?: PolicyBuilder; want: readonly string[] }> = {
    'a waiting pod': { want: ['e1'] },
    'a pod that lacked the label of its group': { policy: spark.perGroup(), want: ['e1'] },
    'a pod of a broken policy': { policy: aPolicy('spark').unit({ max: -1 }), want: ['e1'] },
    'no pod that is bound': { pod: pod.on('ecs-0'), want: [] },
    'no pod that is leaving': { pod: pod.terminating(), want: [] },
    'no pod that has finished': { pod: pod.finished('Failed'), want: [] },
    'no pod of another namespace': { pod: pod.in('other'), want: [] },
    'no pod that was not selected': { pod: pod.labels({ app: 'web' }), want: [] },
  };

  describe.each(Object.entries(cases))('%s', (_name, { pod: seen = pod, policy = spark, want }) => {
    test('when the policy is deleted', () => {
      const world = harness(policy);
      world.sees(seen);
      world.seesGone(policy);
      expect(world.released).toEqual(want);
    });

    test('when the policy no longer selects it', () => {
      const world = harness(policy);
      world.sees(seen);
      world.sees(policy.generation(2).selecting({ app: 'flink' }));
      expect(world.released).toEqual(want);
    });
  });

  test('all of them at once, of every group', () => {
    const world = harness(spark.perGroup());
    for (const group of ['s1', 's2']) world.sees(aPod(group).ofGroup(group));
    world.sees(aPod('none'));
    world.seesGone(spark.perGroup());
    expect(world.released.toSorted()).toEqual(['none', 's1', 's2']);
  });

  test('a pod that two policies selected, when both are gone', () => {
    const world = harness(spark, batch);
    world.sees(pod);
    world.seesGone(spark);
    expect(world.released).toEqual([]);
    world.seesGone(batch);
    expect(world.released).toEqual(['e1']);
  });

  test('nobody when the policy only changes its units', () => {
    const world = harness(spark);
    world.sees(pod);
    world.sees(spark.generation(2).spec({ units: [{ resource: 'eci' }] }));
    expect(world.released).toEqual([]);
  });

  test('not a pod that another policy takes: its group is told of room instead', () => {
    const world = harness(spark, batch.selecting({ app: 'flink' }));
    world.sees(pod);
    world.sees(batch.generation(2).selecting({ app: 'spark' }));
    world.sees(spark.generation(2).selecting({ app: 'flink' }));
    expect(world.released).toEqual([]);
    expect(world.rooms.at(-1)).toEqual({ policyKey: 'default/batch', group: '' });
    expect(world.unitFor(pod)).toBe('ecs');
  });

  test('and they are not ours when they come again', () => {
    const world = harness(spark);
    world.sees(pod);
    expect(world.unitFor(pod)).toBe('full');
    world.seesGone(spark);
    expect(world.unitFor(pod)).toBe('not-ours');
  });
});

const ref = (name: string) => ({ policyKey: `default/${name}`, group: '' });

describe('a conflict between policies', () => {
  test('holds the pod back, counted in neither', () => {
    const world = harness(spark, batch);
    world.sees(pod);
    expect(world.unitFor(pod)).toBe('conflict');
    expect([...world.ledger.groups()]).toEqual([]);
  });

  const ends: Record<string, (world: Harness) => void> = {
    'is deleted': (world) => world.seesGone(spark),
    'no longer selects the pod': (world) => world.sees(spark.generation(2).selecting({ app: 'flink' })),
  };
  test.each(Object.entries(ends))('ends when one of them %s: the other is told of room', (_name, happens) => {
    const world = harness(spark, batch);
    world.sees(pod);
    world.filter(pod);
    happens(world);
    expect(world.rooms).toEqual([ref('batch')]);
    expect(world.ledger.waiting(ref('batch'))).toMatchObject([{ pod: { name: 'e1' }, refusedMs: 0 }]);
    expect(world.unitFor(pod)).toBe('ecs');
  });

  test('begins when a second policy comes: the place that was held is given up at /bind', async () => {
    const world = harness(batch);
    world.sees(pod);
    expect(world.unitFor(pod)).toBe('ecs');
    world.sees(spark);
    expect(await world.bind(pod, 'ecs-0')).toEqual({
      outcome: 'refused',
      error:
        'more than one ResourcePolicy selects this pod: batch, spark; change their selectors so that one does',
    });
    expect(world.ledger.reservationCount).toBe(0);
  });

  test('ends when the pod’s labels change', () => {
    const world = harness(spark, batch.selecting({ app: 'spark', kind: 'batch' }));
    const both = pod.labelled({ kind: 'batch' });
    world.sees(both);
    expect(world.unitFor(both)).toBe('conflict');
    world.sees(pod.version('2'));
    expect(world.ledger.figures('default/spark', 1)).toMatchObject({ waiting: 1, conflicting: 0 });
    expect(world.ledger.figures('default/batch', 1)).toMatchObject({ waiting: 0, conflicting: 0 });
  });
});

describe('of pods in the waiting room is told', () => {
  const held = pod.ofGroup('s1').gated();
  const full = spark.perGroup();

  test.each<[string, readonly PolicyBuilder[]]>([
    ['no longer selects them', [full.generation(2).selecting({ app: 'flink' })]],
    ['is broken', [full.generation(2).unit({ max: -1 })]],
    ['is not alone any more', [batch.perGroup()]],
  ])('that they are let go when their policy %s', (_what, changed) => {
    const world = harness(full);
    world.sees(held);
    for (const policy of changed) world.sees(policy);
    expect(world.released).toEqual(['e1']);
  });

  test('that they are let go when their policy is deleted', () => {
    const world = harness(full);
    world.sees(held);
    world.seesGone(full);
    expect(world.released).toEqual(['e1']);
  });

  test('their group, when their policy changes', () => {
    const world = harness(full);
    world.sees(held);
    world.held.length = 0;
    world.sees(full.generation(2).spec({ units: [{ resource: 'ecs', max: 1 }] }));
    expect(world.held).toEqual([{ policyKey: 'default/spark', group: 's1' }]);
    expect(world.released).toEqual([]);
  });

  test('nothing when they are leaving', () => {
    const world = harness(full);
    world.sees(held.terminating());
    world.seesGone(full);
    expect(world.released).toEqual([]);
  });
});
