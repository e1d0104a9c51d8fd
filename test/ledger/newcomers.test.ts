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
