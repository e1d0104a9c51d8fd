import { describe, expect, test } from 'vitest';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const policy = aPolicy('spark').unit({ resource: 'ecs', max: 0 });
const nodes = [aNode('ecs-0')];
const pod = aPod('e1');
const refused = pod.unschedulable('0/1 nodes are available: 1 ResourcePolicy spark: unit 1 ecs is at max 0.');

describe('a pod that was refused before the watch showed it', () => {
  test('is released when meanwhile its policy has gone', () => {
    const world = new Harness({ nodes, policies: [policy] });
    expect(world.unitFor(pod)).toBe('full');
    world.seesGone(policy);
    expect(world.released).toEqual([]);
    world.sees(pod);
    expect(world.released).toEqual(['e1']);
  });

  test('is released by the next process when its policy went in between', () => {
    const world = new Harness({ nodes });
    world.sees(refused);
    expect(world.released).toEqual(['e1']);
    world.sees(refused.version('2'));
    expect(world.released).toEqual(['e1']);
  });

  test.each([
    ['is still selected', [policy], refused],
    ['is bound', [], refused.on('ecs-0')],
    ['is leaving', [], refused.terminating()],
    ['has ended', [], refused.finished()],
    ['waits for other reasons', [], pod.unschedulable('0/1 nodes are available: 1 Insufficient cpu.')],
    ['was not tried yet', [], pod],
  ])('is not released when it %s', (_name, policies, seen) => {
    const world = new Harness({ nodes, policies });
    world.sees(seen);
    expect(world.released).toEqual([]);
  });
});

describe('a pod that was refused before the watch showed its labels', () => {
  const grouped = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 });
  const moved = pod.ofGroup('s2').version('2');

  test('is told of room in its group', () => {
    const world = new Harness({ nodes, policies: [grouped] });
    const other = aPod('e2').ofGroup('s2').on('ecs-0');
    world.sees(other);
    world.sees(pod.ofGroup('s1'));
    expect(world.unitFor(moved)).toBe('full');
    world.seesGone(other);
    expect(world.rooms).toEqual([]);
    world.sees(moved);
    expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: 's2' }]);
  });

  test('is released when no policy selects it with them', () => {
    const world = new Harness({ nodes, policies: [grouped] });
    world.sees(pod);
    expect(world.unitFor(pod)).toBe('missing-label');
    world.sees(pod.version('2').labels({ app: 'web' }));
    expect(world.released).toEqual(['e1']);
    world.sees(pod.version('3').labels({ app: 'web', other: 'x' }));
    expect(world.released).toEqual(['e1']);
  });

  test('is released, once, when meanwhile the policy has gone that selects it with them', () => {
    const world = new Harness({ nodes, policies: [policy] });
    world.sees(pod.labels({ app: 'web' }));
    expect(world.unitFor(pod.version('2'))).toBe('full');
    world.seesGone(policy);
    world.sees(pod.version('2'));
    world.sees(pod.version('3'));
    expect(world.released).toEqual(['e1']);
  });

  test('is not told when nobody refused it: kube-scheduler tries a changed pod again itself', () => {
    const world = new Harness({ nodes, policies: [grouped] });
    world.sees(pod.ofGroup('s1'));
    world.sees(moved);
    world.sees(pod.version('3').labels({ app: 'web' }));
    expect([world.rooms, world.released]).toEqual([[], []]);
  });
});
