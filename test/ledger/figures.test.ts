import { describe, expect, test } from 'vitest';
import type { PolicyFigures } from '../../src/ledger/census.ts';
import { anAuditedHarness } from '../support/audited.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Harness } from '../support/harness.ts';

const spark = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 3 });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const inJob = (name: string, job = 's1'): PodBuilder => aPod(name).ofGroup(job);

function harness(...policies: readonly PolicyBuilder[]): Harness {
  return anAuditedHarness({ nodes, policies: policies.length === 0 ? [spark] : policies });
}

function figures({ ledger }: Harness, mostGroups = 10): PolicyFigures {
  const found = ledger.figures('default/spark', mostGroups);
  if (found === undefined) throw new Error('no such policy');
  return found;
}

test('a policy that nobody has has no figures', () => {
  const world = harness();
  expect(world.ledger.figures('default/other', 10)).toBeUndefined();
  world.seesGone(spark);
  expect(world.ledger.figures('default/spark', 10)).toBeUndefined();
});

test('a policy without pods', () => {
  const world = harness();
  expect(figures(world)).toEqual({
    policy: world.ledger.policiesOf('default')[0],
    units: [
      { bound: 0, reserved: 0, waiting: 0, nodes: 2 },
      { bound: 0, reserved: 0, waiting: 0, nodes: 1 },
    ],
    waiting: 0,
    conflicting: 0,
    conflictsWith: [],
    ungrouped: 0,
    overriddenCosts: 0,
    groupCount: 0,
    groups: [],
  });
});

describe('the units', () => {
  test('hold the pods of all groups, bound and reserved', () => {
    const world = harness();
    world.sees(inJob('a1').on('ecs-0'));
    world.sees(inJob('b1', 's2').on('ecs-1'));
    world.sees(inJob('a2').on('eci-0'));
    world.filter(inJob('b2', 's2'));
    world.filter(inJob('c1', 's3'), ['eci-0']);
    expect(figures(world).units).toEqual([
      { bound: 2, reserved: 1, waiting: 0, nodes: 2 },
      { bound: 1, reserved: 1, waiting: 0, nodes: 1 },
    ]);
  });

  test('have the nodes of now', () => {
    const world = harness();
    world.sees(aNode('ecs-1').virtual());
    world.seesGone(aNode('ecs-0'));
    expect(figures(world).units.map(({ nodes: count }) => count)).toEqual([0, 2]);
  });
});

describe('the pods that wait', () => {
  test('are those that hold no place, and wait in no unit in particular when none takes them', () => {
    const world = harness();
    world.sees(inJob('new'));
    world.sees(inJob('refused'));
    expect(world.filter(inJob('refused'), []).outcome).toBe('lacks-resources');
    world.sees(inJob('reserved'));
    world.filter(inJob('reserved'));
    world.sees(inJob('bound').on('ecs-0'));
    expect(figures(world)).toMatchObject({
      waiting: 2,
      units: [{ waiting: 0 }, { waiting: 0 }],
      groups: [{ key: 's1', taken: [2, 0], waiting: 2 }],
    });
  });

  test('are not fewer for places held for pods that the watch has not shown', () => {
    const world = harness();
    world.sees(inJob('new'));
    world.filter(inJob('unseen'));
    expect(figures(world)).toMatchObject({ waiting: 1, groups: [{ taken: [1, 0], waiting: 1 }] });
  });

  describe('in a unit', () => {
    const patient = spark.spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
    const staying = inJob('staying');

    /** A pod waits in the first unit for a feasible node. */
    function stayingOne(): Harness {
      const world = harness(patient);
      world.sees(staying);
      expect(world.filter(staying, ['eci-0']).outcome).toBe('waiting');
      return world;
    }

    test('are counted there', () => {
      const world = stayingOne();
      world.sees(inJob('new'));
      expect(figures(world)).toMatchObject({ waiting: 2, units: [{ waiting: 1 }, { waiting: 0 }] });
    });

    test('are counted there though the watch shows them later than /filter', () => {
      const world = harness(patient);
      world.filter(staying, ['eci-0']);
      expect(figures(world).waiting).toBe(0);
      world.sees(staying);
      expect(figures(world)).toMatchObject({ waiting: 1, units: [{ waiting: 1 }, { waiting: 0 }] });
    });

    test('no longer wait once they hold a place', () => {
      const world = stayingOne();
      expect(world.unitFor(staying)).toBe('ecs');
      expect(figures(world)).toMatchObject({ waiting: 0, units: [{ reserved: 1, waiting: 0 }, {}] });
    });

    test('no longer wait there when no unit takes them', () => {
      const world = stayingOne();
      for (const name of ['a', 'b']) world.sees(inJob(name).on('ecs-0'));
      for (const name of ['c', 'd', 'e']) world.sees(inJob(name).on('eci-0'));
      expect(world.unitFor(staying)).toBe('full');
      expect(figures(world)).toMatchObject({ waiting: 1, units: [{ waiting: 0 }, { waiting: 0 }] });
    });

    test('wait where their unit is when units are put in before it', () => {
      const world = stayingOne();
      const first = { resource: 'ecs', nodeSelector: { pool: 'b' }, max: 1 };
      world.sees(patient.generation(2).spec({ units: [first, ...spark.object().spec.units] }));
      expect(figures(world).units.map(({ waiting }) => waiting)).toEqual([0, 1, 0]);
    });

    test('wait in none when their unit is gone', () => {
      const world = stayingOne();
      world.sees(patient.generation(2).spec({ units: [{ resource: 'eci', max: 0 }] }));
      expect(figures(world)).toMatchObject({ waiting: 1, units: [{ waiting: 0 }] });
    });
  });

  test('and can never be placed as it is, because another policy selects them too', () => {
    const world = harness(
      spark,
      aPolicy('web').selecting({ app: 'spark', kind: 'x' }).unit({ resource: 'ecs' }),
      aPolicy('batch').selecting({ kind: 'y' }).unit({ resource: 'ecs' }),
      aPolicy('far').in('other').uid('far').unit({ resource: 'ecs' }),
    );
    world.sees(inJob('x').labelled({ kind: 'x' }));
    world.sees(inJob('y').labelled({ kind: 'y' }));
    world.sees(inJob('z'));
    world.sees(inJob('bound').labelled({ kind: 'x' }).on('ecs-0'));
    expect(figures(world)).toMatchObject({
      waiting: 3,
      conflicting: 2,
      conflictsWith: ['batch', 'web'],
      groups: [{ key: 's1', taken: [1, 0], waiting: 1 }],
    });
  });

  test('and can never be placed as it is, because they belong to no group', () => {
    const world = harness();
    world.sees(aPod('lost'));
    world.sees(aPod('bound').on('ecs-0'));
    expect(figures(world)).toMatchObject({ waiting: 1, ungrouped: 1, groupCount: 0 });
  });

  test('all belong to no group under a broken policy', () => {
    const world = harness(spark.spec({ ignorePreviousPod: 'no' }));
    world.sees(inJob('e1'));
    expect(figures(world)).toMatchObject({ waiting: 1, ungrouped: 1 });
  });
});

test('costs of somebody else’s are counted while they differ from the unit’s and the pod is there', () => {
  const world = harness();
  const own = inJob('own').on('eci-0').deletionCost(7);
  world.sees(own);
  world.sees(inJob('same').on('eci-0').deletionCost(-100));
  world.sees(inJob('ours').on('eci-0').ownCost(-100));
  world.sees(inJob('waiting').deletionCost(7));
  expect(figures(world).overriddenCosts).toBe(1);
  world.sees(own.version('2').deletionCost(-100));
  expect(figures(world).overriddenCosts).toBe(0);
  world.sees(own.version('3').deletionCost(8));
  expect(figures(world).overriddenCosts).toBe(1);
  world.seesGone(own);
  expect(figures(world).overriddenCosts).toBe(0);
});

/** Of n groups, the i-th has i pods; every third one of them waits. */
function manyGroups(count: number): Harness {
  const world = harness(aPolicy('spark').perGroup().unit({ resource: 'ecs' }));
  for (let i = 1; i <= count; i += 1) {
    for (let n = 0; n < i; n += 1) {
      const pod = inJob(`${i}-${n}`, `g${String(i).padStart(2, '0')}`);
      world.sees(n % 3 === 0 ? pod : pod.on('ecs-0'));
    }
  }
  return world;
}

describe('the groups', () => {
  test('with the most pods come first, no more of them than are asked for', () => {
    const world = manyGroups(30);
    const { groups, groupCount, waiting } = figures(world, 3);
    expect(groups).toEqual([
      { key: 'g30', taken: [20], waiting: 10 },
      { key: 'g29', taken: [19], waiting: 10 },
      { key: 'g28', taken: [18], waiting: 10 },
    ]);
    expect(groupCount).toBe(30);
    expect(waiting).toBe(165);
  });

  test('of equal size are in alphabetical order, whatever came first', () => {
    const world = harness();
    for (const group of ['c', 'a', 'b']) world.sees(inJob(group, group));
    expect(figures(world).groups.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  test('are gone with their last pod', () => {
    const world = harness();
    world.sees(inJob('e1'));
    world.sees(inJob('e2', 's2').on('ecs-0'));
    world.seesGone(inJob('e1'));
    world.sees(inJob('e2', 's2').version('2').on('ecs-0').finished());
    expect(figures(world)).toMatchObject({ groupCount: 0, groups: [] });
  });

  test('are one without matchLabelKeys, and one per combination with several', () => {
    const single = harness(aPolicy('spark').unit({ resource: 'ecs' }));
    single.sees(inJob('e1'));
    single.sees(inJob('e2', 's2'));
    expect(figures(single).groups).toEqual([{ key: '', taken: [0], waiting: 2 }]);
    const combined = harness(aPolicy('spark').perGroup('user', 'job').unit({ resource: 'ecs' }));
    combined.sees(inJob('e1').labelled({ user: 'eva' }));
    combined.sees(inJob('e2').labelled({ user: 'max' }));
    expect(figures(combined).groups.map(({ key }) => key)).toEqual(['eva,s1', 'max,s1']);
  });
});
