import { describe, expect, test } from 'vitest';
import { DELETION_COST_ANNOTATION, OWN_COST_ANNOTATION } from '../../src/facts/annotations.ts';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const spark = aPolicy('spark').unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci' });
const reordered = spark.generation(2).spec({ units: [{ resource: 'eci', max: 2 }, { resource: 'ecs' }] });
const nodes = [aNode('ecs-0'), aNode('eci-0').virtual()];
const onEcs = aPod('e1').on('ecs-0');
const onEci = aPod('v1').on('eci-0');
const waiting = aPod('w1');

function harness(...policies: readonly PolicyBuilder[]): Harness {
  return anAuditedHarness({ nodes, policies });
}

/** What would be written on each pod, or undefined. */
function corrections({ ledger }: Harness, ...pods: readonly PodBuilder[]): readonly unknown[] {
  return pods.map((pod) => ledger.costCorrection(pod.facts().uid)?.[DELETION_COST_ANNOTATION]);
}

describe('a pod is told of when its cost is not its unit’s', () => {
  const cases: Record<string, { pod: PodBuilder; policy?: PolicyBuilder; want: unknown }> = {
    'bound by others into a later unit': { pod: onEci, want: '-100' },
    'bound by others into the first unit, where none is needed': { pod: onEcs, want: undefined },
    'bound by us with the cost of its unit': { pod: onEci.ownCost(-100), want: undefined },
    'moved to the first unit': { pod: onEcs.ownCost(-100), want: null },
    'on a node of no unit with a cost of ours': { pod: onEcs.on('nowhere').ownCost(-100), want: null },
    'not selected, with a cost of ours': {
      pod: onEci.labels({ app: 'web' }).ownCost(-100),
      want: null,
    },
    'of another namespace, with a cost of ours': { pod: onEci.in('other').ownCost(-100), want: null },
    'with a user’s cost: never': { pod: onEci.deletionCost(7), want: undefined },
    'not selected, with a user’s cost: never': {
      pod: onEci.labels({ app: 'web' }).deletionCost(7),
      want: undefined,
    },
    'waiting: never': { pod: waiting.ownCost(-5), want: undefined },
    'finished: never': { pod: onEci.finished(), want: undefined },
    'leaving: never': { pod: onEci.terminating(), want: undefined },
    'counted or not: scheduled before a policy that ignores such pods': {
      policy: spark.createdAt(60_000).spec({ ignorePreviousPod: true }),
      pod: onEci,
      want: '-100',
    },
    'without the label of its group, too': { policy: spark.perGroup(), pod: onEci, want: '-100' },
    'of a broken policy: never, its units are not what they were meant to be': {
      policy: spark.spec({ matchLabelKeys: 'job' }),
      pod: onEci,
      want: undefined,
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { pod, policy = spark, want }) => {
    const world = harness(policy);
    world.sees(pod);
    expect(corrections(world, pod)).toEqual([want]);
    expect(world.miscosted).toEqual(want === undefined ? [] : [pod.facts().name]);
    expect([...world.ledger.miscosted()].map(({ name }) => name)).toEqual(world.miscosted);
  });

  test('both annotations are written, and both removed', () => {
    const world = harness(spark);
    world.sees(onEci);
    expect(world.ledger.costCorrection('uid-v1')).toEqual({
      [DELETION_COST_ANNOTATION]: '-100',
      [OWN_COST_ANNOTATION]: '-100',
    });
    world.sees(onEcs.ownCost(-100));
    expect(world.ledger.costCorrection('uid-e1')).toEqual({
      [DELETION_COST_ANNOTATION]: null,
      [OWN_COST_ANNOTATION]: null,
    });
  });

  test('a pod that nobody knows has none', () => {
    expect(harness(spark).ledger.costCorrection('uid-unknown')).toBeUndefined();
  });
});

describe('pods are told of when the cluster changes around them', () => {
  test('the policy’s units are reordered', () => {
    const world = harness(spark);
    world.sees(onEcs);
    world.sees(onEci.ownCost(-100));
    world.sees(reordered);
    expect(world.miscosted.toSorted()).toEqual(['e1', 'v1']);
    expect(corrections(world, onEcs, onEci)).toEqual(['-100', null]);
  });

  test('a unit is put in before theirs', () => {
    const world = harness(spark);
    world.sees(onEci.ownCost(-100));
    const [first, last] = spark.object().spec.units;
    const units = [first, { resource: 'ecs', nodeSelector: { pool: 'b' } }, last];
    world.sees(spark.generation(2).spec({ units }));
    expect(corrections(world, onEci)).toEqual(['-200']);
  });

  test('the policy is deleted: costs of ours go, a user’s stays', () => {
    const world = harness(spark);
    world.sees(onEci.ownCost(-100));
    world.sees(aPod('v2').on('eci-0').deletionCost(-3));
    world.sees(onEcs);
    world.seesGone(spark);
    expect(world.miscosted).toEqual(['v1']);
    expect(corrections(world, onEci)).toEqual([null]);
  });

  test('the policy no longer selects them', () => {
    const world = harness(spark);
    world.sees(onEci.ownCost(-100));
    world.sees(spark.generation(2).selecting({ app: 'flink' }));
    expect(world.miscosted).toEqual(['v1']);
    expect(corrections(world, onEci)).toEqual([null]);
  });

  test('their node becomes another unit’s', () => {
    const world = harness(spark);
    world.sees(onEcs);
    world.sees(aNode('ecs-0').virtual());
    expect(world.miscosted).toEqual(['e1']);
    expect(corrections(world, onEcs)).toEqual(['-100']);
  });

  test('their node goes: a recorded place keeps its cost', () => {
    const world = harness(spark);
    world.sees(onEci.ownCost(-100).placedBy('spark', 'eci'));
    world.seesGone(aNode('eci-0').virtual());
    expect(world.miscosted).toEqual([]);
  });

  test('nobody, once the watch shows what was written', () => {
    const world = harness(spark);
    world.sees(onEci);
    world.sees(onEci.version('2').ownCost(-100));
    expect(world.miscosted).toEqual(['v1']);
    expect([...world.ledger.miscosted()]).toEqual([]);
  });

  test('nobody whose cost a user takes over, and that shows in the figures', () => {
    const world = harness(spark);
    world.sees(onEci.ownCost(-100));
    world.sees(onEci.version('2').ownCost(-100).deletionCost(-7));
    world.sees(reordered);
    expect(world.miscosted).toEqual([]);
    expect(world.ledger.figures('default/spark', 0)).toMatchObject({ overriddenCosts: 1 });
  });
});

describe('while several policies select a pod', () => {
  const other = aPolicy('other').unit({ resource: 'eci' }).unit({ resource: 'ecs' });

  test.each([
    ['whose units want another', onEcs],
    ['whose units want another, the other way round', onEci],
    ['with a cost of ours', onEci.ownCost(-300)],
  ])('nothing is written on a pod %s', (_name, pod) => {
    const world = harness(spark, other);
    world.sees(pod);
    expect([...world.ledger.miscosted()]).toEqual([]);
    expect(world.miscosted).toEqual([]);
  });

  test('until one is left: then its units say', () => {
    const world = harness(spark, other);
    world.sees(onEcs);
    world.sees(onEci.ownCost(-100));
    world.seesGone(spark);
    expect(world.miscosted.toSorted()).toEqual(['e1', 'v1']);
    expect(corrections(world, onEcs, onEci)).toEqual(['-100', null]);
  });
});
