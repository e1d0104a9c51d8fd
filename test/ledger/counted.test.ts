import { describe, expect, test } from 'vitest';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const spark = aPolicy('spark')
  .unit({ resource: 'ecs', max: 1 })
  .unit({ resource: 'eci', max: 1 })
  .spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
const flink = aPolicy('flink').selecting({ app: 'flink' }).unit({ resource: 'ecs', max: 1 });
const nodes = [aNode('ecs-0'), aNode('eci-0').virtual()];
const pod = aPod('e1');
const bound = pod.on('ecs-0');

interface Case {
  readonly seen?: readonly PodBuilder[];
  readonly happens: (world: Harness) => void;
  readonly want: readonly string[];
}

describe('who shows the figures is told of a policy whose figures may have changed', () => {
  const SPARK = ['default/spark'];
  const cases: Record<string, Case> = {
    'when a pod is seen': { happens: (world) => world.sees(pod), want: SPARK },
    'when it is bound': { seen: [pod], happens: (world) => world.sees(bound), want: SPARK },
    'when it is gone': { seen: [bound], happens: (world) => world.seesGone(bound), want: SPARK },
    'when it is given a place': { seen: [pod], happens: (world) => world.filter(pod), want: SPARK },
    'when it stays in a unit': {
      seen: [pod],
      happens: (world) => world.filter(pod, ['eci-0']),
      want: SPARK,
    },
    'not when it stays there again': {
      seen: [pod],
      happens: (world) => {
        world.filter(pod, ['eci-0']);
        world.counted.length = 0;
        world.filter(pod, ['eci-0']);
      },
      want: [],
    },
    'not when no unit takes it, which changes nothing for a pod that waits': {
      seen: [pod, aPod('a').on('ecs-0'), aPod('b').on('eci-0')],
      happens: (world) => expect(world.unitFor(pod)).toBe('full'),
      want: [],
    },
    'when a user takes a cost over': {
      seen: [bound],
      happens: (world) => world.sees(bound.version('2').deletionCost(7)),
      want: SPARK,
    },
    'when a node joins a unit': { happens: (world) => world.sees(aNode('eci-1').virtual()), want: SPARK },
    'not when a pod changes in what nobody counts': {
      seen: [bound],
      happens: (world) => world.sees(bound.version('2').annotated({ note: 'x' })),
      want: [],
    },
    'not when a pod of no policy comes': {
      happens: (world) => world.sees(aPod('web').labels({ app: 'web' }).on('ecs-0')),
      want: [],
    },
    'not when a known node reports': {
      happens: (world) => world.sees(aNode('ecs-0')),
      want: [],
    },
    'and of each of several': {
      happens: (world) => world.sees(aNode('ecs-1')),
      want: ['default/flink', 'default/spark'],
    },
    'and of both when two policies want the pod': {
      happens: (world) => {
        world.sees(flink.generation(2).selecting({ app: 'spark' }));
        world.counted.length = 0;
        world.sees(pod);
      },
      want: ['default/flink', 'default/spark'],
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { seen = [], happens, want }) => {
    const world = new Harness({ nodes, policies: [spark, flink] });
    for (const each of seen) world.sees(each);
    world.counted.length = 0;
    happens(world);
    expect([...new Set(world.counted)].toSorted()).toEqual(want);
  });
});
