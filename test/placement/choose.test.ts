import { describe, expect, it } from 'vitest';
import type { Choice } from '../../src/placement/choose.ts';
import { chooseUnit, isFull } from '../../src/placement/choose.ts';
import type { UnitSpec } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';

/** What the choice is, in short: the unit and its nodes, or why each unit was passed over. */
function told(choice: Choice): unknown {
  const passedOver = choice.verdicts.map((verdict) => `${verdict.unit.name}: ${verdict.passedOver}`);
  if (choice.kind === 'refused') return { refused: passedOver };
  return { chosen: choice.unit.name, nodes: choice.nodeNames, passedOver };
}

interface Case {
  readonly units: readonly UnitSpec[];
  /** Pods of the group by unit name; absent: none. */
  readonly taken?: Readonly<Record<string, number>>;
  /** Feasible nodes by unit name; absent: none. */
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
  readonly want: unknown;
}

describe('the unit of a pod', () => {
  const ECS: UnitSpec = { resource: 'ecs', max: 2 };
  const ECI: UnitSpec = { resource: 'eci', max: 3 };
  const nodes = { ecs: ['ecs-0', 'ecs-1'], eci: ['vk'] };
  const cases: Record<string, Case> = {
    'the first one while it has room': {
      units: [ECS, ECI],
      nodes,
      taken: { ecs: 1, eci: 3 },
      want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
    },
    'the next one when the first is at max': {
      units: [ECS, ECI],
      nodes,
      taken: { ecs: 2 },
      want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: at-max'] },
    },
    'the next one when the first is over max, as after its max was lowered': {
      units: [ECS, ECI],
      nodes,
      taken: { ecs: 5 },
      want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: at-max'] },
    },
    'the next one when the first lacks resources': {
      units: [ECS, ECI],
      nodes: { eci: ['vk'] },
      want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: lacks-resources'] },
    },
    'the first one again when it has room again, whatever the next ones hold': {
      units: [ECS, ECI],
      nodes,
      taken: { ecs: 1, eci: 1 },
      want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
    },
    'none when all are at max': {
      units: [ECS, ECI],
      nodes,
      taken: { ecs: 2, eci: 3 },
      want: { refused: ['ecs: at-max', 'eci: at-max'] },
    },
    'none when all lack resources': {
      units: [ECS, ECI],
      want: { refused: ['ecs: lacks-resources', 'eci: lacks-resources'] },
    },
    'none for mixed reasons; at max is said of a unit that lacks resources too': {
      units: [ECS, ECI],
      taken: { ecs: 2 },
      want: { refused: ['ecs: at-max', 'eci: lacks-resources'] },
    },
    'max 0 takes no pod': {
      units: [{ ...ECS, max: 0 }, ECI],
      nodes,
      want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: at-max'] },
    },
    'without max it takes any number': {
      units: [{ resource: 'ecs' }, ECI],
      nodes,
      taken: { ecs: 100_000 },
      want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
    },
    'without max it is passed over for lack of resources only': {
      units: [{ resource: 'ecs' }, ECI],
      nodes: { eci: ['vk'] },
      want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: lacks-resources'] },
    },
    'units that share nodes are filled one after the other': {
      units: [ECS, { resource: 'ecs' }],
      nodes: { ecs: ['ecs-0'], 'ecs#2': ['ecs-0'] },
      taken: { ecs: 2, 'ecs#2': 9 },
      want: { chosen: 'ecs#2', nodes: ['ecs-0'], passedOver: ['ecs: at-max'] },
    },
    'a third one when two are passed over for different reasons': {
      units: [ECS, { resource: 'ecs', nodeSelector: { pool: 'b' } }, ECI],
      nodes,
      taken: { ecs: 2 },
      want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: at-max', 'ecs(pool=b): lacks-resources'] },
    },
  };

  it.for(Object.entries(cases))('%s', ([, { units, taken = {}, nodes: feasible = {}, want }]) => {
    const policy = aPolicy('spark').spec({ units }).parsed();

    const choice = chooseUnit(policy.units, {
      taken: (unit) => taken[unit.name] ?? 0,
      candidates: (unit) => feasible[unit.name] ?? [],
    });

    expect(told(choice)).toEqual(want);
  });

  it('does not look at the nodes of a unit at max, nor at any unit after the chosen one', () => {
    const policy = aPolicy('spark').unit(ECS).unit(ECI).unit({}).parsed();
    const asked: string[] = [];

    chooseUnit(policy.units, {
      taken: (unit) => {
        asked.push(`taken ${unit.name}`);
        return unit.name === 'ecs' ? 2 : 0;
      },
      candidates: (unit) => {
        asked.push(`nodes ${unit.name}`);
        return ['vk'];
      },
    });

    expect(asked).toEqual(['taken ecs', 'taken eci', 'nodes eci']);
  });
});

describe('a unit is full', () => {
  it.for([
    { max: 2, taken: 1, want: false },
    { max: 2, taken: 2, want: true },
    { max: 2, taken: 3, want: true },
    { max: 0, taken: 0, want: true },
    { max: undefined, taken: 1_000_000, want: false },
  ])('max $max, taken $taken: $want', ({ max, taken, want }) => {
    const unit = { index: 0, name: 'ecs', resource: 'ecs', nodeSelector: {}, max } as const;

    expect(isFull(unit, taken)).toBe(want);
  });
});
