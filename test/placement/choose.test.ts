import { describe, expect, it } from 'vitest';
import type { Choice } from '../../src/placement/choose.ts';
import { chooseUnit } from '../../src/placement/choose.ts';
import { fullness } from '../../src/placement/usage.ts';
import type { UnitSpec } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';

/** What the choice is, in short: the unit and its nodes, or why each unit was passed over. */
function told(choice: Choice): unknown {
  const passedOver = choice.verdicts.map((verdict) => `${verdict.unit.name}: ${verdict.passedOver}`);
  if (choice.kind === 'refused') return { refused: passedOver };
  if (choice.kind === 'waiting') return { waiting: choice.unit.name, for: choice.cause, passedOver };
  return { chosen: choice.unit.name, nodes: choice.nodeNames, passedOver };
}

/** On eci, since ecs was passed over for this reason. */
function ecs(passedOver: string): unknown {
  return { chosen: 'eci', nodes: ['vk'], passedOver: [`ecs: ${passedOver}`] };
}

interface Case {
  readonly units: readonly UnitSpec[];
  /** Pods of the group by unit name; absent: none. */
  readonly taken?: Readonly<Record<string, number>>;
  /** Feasible nodes by unit name; absent: none. */
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
  /** Further fields of the policy's spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Summed requests of the group by unit name, by the unit's maxResources in order; absent: none. */
  readonly amounts?: Readonly<Record<string, readonly number[]>>;
  /** What the pod asks for. */
  readonly requests?: Readonly<Record<string, number>>;
  /** Units with terminating pods. */
  readonly terminating?: readonly string[];
  /** How long the pod has waited by unit name, in minutes. */
  readonly waited?: Readonly<Record<string, number>>;
  /** Units with a node that was not offered and is worth a look. */
  readonly sought?: readonly string[];
  /** Units in which preemption is due. */
  readonly preemptible?: readonly string[];
  /** Units after which somebody is evicted for the pod. */
  readonly past?: readonly string[];
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

  /** The choice for a pod of the case. */
  function choose(case_: Case): Choice {
    const { units, spec = {}, taken = {}, nodes: feasible = {}, amounts = {}, waited = {} } = case_;
    const policy = aPolicy('spark')
      .spec({ units, ...spec })
      .parsed();
    return chooseUnit(policy, case_.requests ?? { pods: 1 }, {
      usage: ({ name }) => ({ pods: taken[name] ?? 0, amounts: amounts[name] ?? [] }),
      candidates: ({ name }) => feasible[name] ?? [],
      hasTerminating: ({ name }) => case_.terminating?.includes(name) === true,
      waitedMs: ({ name }) => (waited[name] ?? 0) * 60_000,
      seeks: ({ name }) => case_.sought?.includes(name) === true,
      mayPreempt: ({ name }) => case_.preemptible?.includes(name) === true,
      isPast: ({ name }) => case_.past?.includes(name) === true,
    });
  }

  it.for(Object.entries(cases))('%s', ([, case_]) => {
    expect(told(choose(case_))).toEqual(case_.want);
  });

  describe('with maxResources', () => {
    const LIMITED: UnitSpec = { resource: 'ecs', maxResources: { cpu: 4, memory: '8Gi' } };
    const GI = 1_024 ** 3;
    const limits: Record<string, Case> = {
      'takes a pod that reaches them exactly': {
        units: [LIMITED, ECI],
        nodes,
        amounts: { ecs: [3_000, 4 * GI] },
        requests: { cpu: 1_000, memory: 4 * GI },
        want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
      },
      'passes a pod over that would exceed one of them': {
        units: [LIMITED, ECI],
        nodes,
        amounts: { ecs: [3_000, 4 * GI] },
        requests: { cpu: 1_001, memory: GI },
        want: { chosen: 'eci', nodes: ['vk'], passedOver: ['ecs: at-max-resources'] },
      },
      'says max before maxResources when both are reached': {
        units: [{ ...LIMITED, max: 2 }],
        nodes,
        taken: { ecs: 2 },
        amounts: { ecs: [4_000, 8 * GI] },
        requests: { cpu: 1_000 },
        want: { refused: ['ecs: at-max'] },
      },
      'a pod that asks for nothing limited fits until they are exceeded already': {
        units: [LIMITED],
        nodes,
        amounts: { ecs: [4_000, 8 * GI] },
        requests: { pods: 1 },
        want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
      },
    };
    it.for(Object.entries(limits))('%s', ([, case_]) => {
      expect(told(choose(case_))).toEqual(case_.want);
    });
  });

  describe('under whenTryNextUnits', () => {
    const eciOnly = { eci: ['vk'] };
    const OPEN: UnitSpec = { resource: 'ecs' };
    const WAITING: UnitSpec = {
      resource: 'ecs',
      podLabels: { 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling': 'true' },
    };
    const exceedMax = { whenTryNextUnits: { policy: 'ExceedMax' } };
    const timeout = { whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '5m' } };
    const noTerminating = { whenTryNextUnits: { policy: 'LackResourceAndNoTerminating' } };
    const rules: Record<string, Case> = {
      'ExceedMax: stays with a unit below max that lacks resources': {
        units: [ECS, ECI],
        spec: exceedMax,
        nodes: eciOnly,
        want: { waiting: 'ecs', for: 'resources', passedOver: [] },
      },
      'ExceedMax: goes on at max': {
        units: [ECS, ECI],
        spec: exceedMax,
        nodes,
        taken: { ecs: 2 },
        want: ecs('at-max'),
      },
      'ExceedMax: stays with a unit below maxResources that lacks resources': {
        units: [{ ...OPEN, maxResources: { cpu: 4 } }, ECI],
        spec: exceedMax,
        nodes: eciOnly,
        want: { waiting: 'ecs', for: 'resources', passedOver: [] },
      },
      'ExceedMax: goes on from a unit without limits that lacks resources': {
        units: [OPEN, ECI],
        spec: exceedMax,
        nodes: eciOnly,
        want: ecs('lacks-resources'),
      },
      'TimeoutOrExceedMax: stays for the timeout': {
        units: [ECS, ECI],
        spec: timeout,
        nodes: eciOnly,
        waited: { ecs: 4.9 },
        want: { waiting: 'ecs', for: 'resources-for-a-time', passedOver: [] },
      },
      'TimeoutOrExceedMax: goes on when it is over': {
        units: [ECS, ECI],
        spec: timeout,
        nodes: eciOnly,
        waited: { ecs: 5 },
        want: ecs('timed-out'),
      },
      'TimeoutOrExceedMax: goes on at max without waiting': {
        units: [ECS, ECI],
        spec: timeout,
        nodes,
        taken: { ecs: 2 },
        want: ecs('at-max'),
      },
      'TimeoutOrExceedMax: does not stay with a unit without limits': {
        units: [OPEN, ECI],
        spec: timeout,
        nodes: eciOnly,
        want: ecs('lacks-resources'),
      },
      'TimeoutOrExceedMax: stays with a unit without limits that has the wait switch': {
        units: [WAITING, ECI],
        spec: timeout,
        nodes: eciOnly,
        want: { waiting: 'ecs', for: 'resources-for-a-time', passedOver: [] },
      },
      'TimeoutOrExceedMax: takes a node that appears in the first unit though the timeout is over': {
        units: [ECS, ECI],
        spec: timeout,
        nodes,
        waited: { ecs: 60 },
        want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
      },
      'TimeoutOrExceedMax: waits in each unit in turn': {
        units: [ECS, { resource: 'ecs', nodeSelector: { pool: 'b' }, max: 2 }, ECI],
        spec: timeout,
        nodes: eciOnly,
        waited: { ecs: 5 },
        want: { waiting: 'ecs(pool=b)', for: 'resources-for-a-time', passedOver: ['ecs: timed-out'] },
      },
      'the wait switch makes pods stay under the default policy, for 15 minutes': {
        units: [WAITING, ECI],
        nodes: eciOnly,
        waited: { ecs: 14.9 },
        want: { waiting: 'ecs', for: 'resources-for-a-time', passedOver: [] },
      },
      'elastic waits as the wait switch does': {
        units: [{ resource: 'elastic' }, ECI],
        nodes: eciOnly,
        want: { waiting: 'elastic', for: 'resources-for-a-time', passedOver: [] },
      },
      'LackResourceAndNoTerminating: stays with a unit at max that has terminating pods': {
        units: [ECS, ECI],
        spec: noTerminating,
        nodes,
        taken: { ecs: 2 },
        terminating: ['ecs'],
        want: { waiting: 'ecs', for: 'terminating-pods', passedOver: [] },
      },
      'LackResourceAndNoTerminating: stays with a unit that lacks resources and has terminating pods': {
        units: [ECS, ECI],
        spec: noTerminating,
        nodes: eciOnly,
        terminating: ['ecs'],
        want: { waiting: 'ecs', for: 'terminating-pods', passedOver: [] },
      },
      'LackResourceAndNoTerminating: goes on when none is left': {
        units: [ECS, ECI],
        spec: noTerminating,
        nodes: eciOnly,
        terminating: ['eci'],
        want: ecs('lacks-resources'),
      },
      'LackResourceAndNoTerminating: uses a unit with room whatever terminates there': {
        units: [ECS, ECI],
        spec: noTerminating,
        nodes,
        terminating: ['ecs'],
        want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
      },
      'as ACK’s Go types spell it, too': {
        units: [ECS, ECI],
        spec: { whenTryNextUnits: { policy: 'LackResourceAndNoterminating' } },
        nodes: eciOnly,
        terminating: ['ecs'],
        want: { waiting: 'ecs', for: 'terminating-pods', passedOver: [] },
      },
      'a node that was not offered is looked at before anything else': {
        units: [ECS, ECI],
        spec: timeout,
        nodes: eciOnly,
        sought: ['ecs'],
        preemptible: ['ecs'],
        want: { waiting: 'ecs', for: 'not-offered', passedOver: [] },
      },
      'no node is looked for in a unit at max': {
        units: [ECS, ECI],
        nodes: eciOnly,
        taken: { ecs: 2 },
        sought: ['ecs'],
        want: ecs('at-max'),
      },
      'preemption goes before the next unit where it is due': {
        units: [ECS, ECI],
        nodes: eciOnly,
        preemptible: ['ecs'],
        want: { waiting: 'ecs', for: 'preemption', passedOver: [] },
      },
      'where somebody is evicted for it in a later unit, it does not wait for a time': {
        units: [ECS, ECI],
        spec: { whenTryNextUnits: { policy: 'TimeoutOrExceedMax' } },
        nodes: eciOnly,
        past: ['ecs'],
        want: ecs('lacks-resources'),
      },
      'where somebody is evicted for it in a later unit, it does not wait without end': {
        units: [ECS, ECI],
        spec: { whenTryNextUnits: { policy: 'ExceedMax' } },
        nodes: eciOnly,
        past: ['ecs'],
        want: ecs('lacks-resources'),
      },
      'where somebody is evicted for it in a later unit, it takes an earlier one that has a node now': {
        units: [ECS, ECI],
        nodes,
        past: ['ecs'],
        want: { chosen: 'ecs', nodes: ['ecs-0', 'ecs-1'], passedOver: [] },
      },
    };
    it.for(Object.entries(rules))('%s', ([, case_]) => {
      expect(told(choose(case_))).toEqual(case_.want);
    });
  });

  it('does not look at the nodes of a unit at max, nor at any unit after the chosen one', () => {
    const policy = aPolicy('spark').unit(ECS).unit(ECI).unit({}).parsed();
    const asked: string[] = [];

    chooseUnit(
      policy,
      {},
      {
        usage: (unit) => {
          asked.push(`usage ${unit.name}`);
          return { pods: unit.name === 'ecs' ? 2 : 0, amounts: [] };
        },
        candidates: (unit) => {
          asked.push(`nodes ${unit.name}`);
          return ['vk'];
        },
        hasTerminating: () => false,
        waitedMs: () => 0,
        seeks: () => false,
        mayPreempt: () => false,
        isPast: () => false,
      },
    );

    expect(asked).toEqual(['usage ecs', 'usage eci', 'nodes eci']);
  });
});

describe('a unit is full', () => {
  it.for([
    { max: 2, taken: 1, want: undefined },
    { max: 2, taken: 2, want: 'at-max' },
    { max: 2, taken: 3, want: 'at-max' },
    { max: 0, taken: 0, want: 'at-max' },
    { max: undefined, taken: 1_000_000, want: undefined },
  ])('max $max, taken $taken: $want', ({ max, taken, want }) => {
    const [unit] = aPolicy('spark')
      .unit({ resource: 'ecs', ...(max === undefined ? {} : { max }) })
      .parsed().units;

    expect(fullness(unit!, { pods: taken, amounts: [] }, { pods: 1 })).toBe(want);
  });
});
