import { describe, expect, it } from 'vitest';
import { nodePreferences } from '../../src/facts/node-preferences.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { Fate, Plan, PlanInput } from '../../src/scheduling/plan.ts';
import { plan } from '../../src/scheduling/plan.ts';
import type { NodeBuilder, PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';

const NOW_MS = 1_000_000_000;
const ECS = aNode('ecs-0').allocating({ cpu: '4', memory: '8Gi', pods: '110' });
const ECI = aNode('eci-0').virtual().allocating({ cpu: '100k', memory: '1Pi', pods: '100k' });
const SPARK = aPolicy('spark').unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 1 });

interface World extends Partial<Pick<PlanInput, 'chooseNode'>> {
  readonly policies?: readonly PolicyBuilder[];
  readonly nodes?: readonly NodeBuilder[];
  readonly bound?: readonly PodBuilder[];
  /** Names of the creators of pods, by the names of these. */
  readonly creators?: Readonly<Record<string, string>>;
}

function planOf(
  pods: readonly PodBuilder[],
  { policies = [SPARK], nodes = [ECS, ECI], bound = [], creators = {}, ...rest }: World = {},
): Plan {
  return plan({
    policies: policies.map((policy) => policy.parsed()),
    nodes: nodes.map((node) => node.facts()),
    bound: bound.map((pod) => pod.facts()),
    pods: pods.map((pod) => {
      const creator = creators[pod.facts().name];
      return {
        facts: pod.facts(),
        constraints: podConstraints(pod.object()),
        preferences: [],
        ...(creator === undefined ? {} : { createdBy: `uid-${creator}` }),
      };
    }),
    virtualNodes: VIRTUAL_NODES,
    nowMs: NOW_MS,
    ...rest,
  });
}

/** By the names of the pods: the unit, `-` without one, or `pending`; with the time it waited, in minutes. */
function units({ fates }: Plan): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...fates].map(([uid, fate]) => {
      if (fate.state === 'pending') return [uid.slice('uid-'.length), 'pending'];
      const after = fate.afterMs === 0 ? '' : ` after ${fate.afterMs / 60_000}m`;
      return [uid.slice('uid-'.length), (fate.unit?.name ?? '-') + after];
    }),
  );
}

function fateOf({ fates }: Plan, name: string): Fate | undefined {
  return fates.get(`uid-${name}`);
}

function messageOf(planned: Plan, name: string): string | undefined {
  const fate = fateOf(planned, name);
  return fate?.state === 'pending' ? fate.message : undefined;
}

const pods = (...names: readonly string[]): readonly PodBuilder[] => names.map((name) => aPod(name));

describe('pods of a policy', () => {
  it('fill its units in order, and the rest waits with the event that kube-scheduler would write', () => {
    const planned = planOf(pods('a', 'b', 'c', 'd'));

    expect(units(planned)).toEqual({ a: 'ecs', b: 'ecs', c: 'eci', d: 'pending' });
    expect(fateOf(planned, 'c')).toMatchObject({
      nodeName: 'eci-0',
      policy: 'spark',
      text: 'unit 1 ecs is at max 2',
    });
    expect(messageOf(planned, 'd')).toBe(
      '0/2 nodes are available: 2 ResourcePolicy spark: unit 1 ecs is at max 2, unit 2 eci is at max 1.',
    );
  });

  it('leave the counts right, and no place held', () => {
    const { ledger } = planOf(pods('a', 'b', 'c', 'd'));

    expect(ledger.figures('default/spark', 1)).toMatchObject({
      units: [
        { bound: 2, reserved: 0 },
        { bound: 1, reserved: 0 },
      ],
      waiting: 1,
    });
    expect(ledger.audit()).toEqual([]);
  });

  it('count by group', () => {
    const [a, b, c] = [aPod('a').ofGroup('j1'), aPod('b').ofGroup('j2'), aPod('c').ofGroup('j1')];
    const policy = aPolicy('p').perGroup().unit({ resource: 'ecs', max: 1 });

    expect(units(planOf([a, b, c], { policies: [policy] }))).toEqual({ a: 'ecs', b: 'ecs', c: 'pending' });
  });

  it('take room from each other', () => {
    const large = pods('a', 'b', 'c').map((pod) => pod.requesting({ cpu: '3' }));
    const planned = planOf(large, { policies: [aPolicy('p').unit({ resource: 'ecs' })] });

    expect(units(planned)).toEqual({ a: 'ecs', b: 'pending', c: 'pending' });
    expect(messageOf(planned, 'c')).toBe(
      '0/2 nodes are available: 1 Insufficient cpu, 1 ResourcePolicy p: unit 1 ecs has no feasible node.',
    );
  });

  it('that no node at all can take are kube-scheduler’s alone: the policy is not asked', () => {
    const planned = planOf([aPod('a').requesting({ cpu: '500k' })]);

    expect(fateOf(planned, 'a')).toMatchObject({
      state: 'pending',
      text: undefined,
      message: '0/2 nodes are available: 2 Insufficient cpu.',
    });
  });

  it('carry what their unit writes on them, and count by it', () => {
    const policy = aPolicy('p')
      .unit({ resource: 'ecs', max: 1, podLabels: { tier: 'paid' } })
      .unit({ resource: 'eci', podAnnotations: { spot: 'yes' } });
    const { ledger } = planOf(pods('a', 'b'), { policies: [policy] });

    expect(ledger.pod('uid-a')?.labels).toMatchObject({ tier: 'paid' });
    expect(ledger.pod('uid-b')).toMatchObject({ annotations: { spot: 'yes' }, deletionCost: '-100' });
  });

  it('count beside those that are bound, unless the policy is younger than those and ignores them', () => {
    const bound = [aPod('x').on('ecs-0'), aPod('y').on('ecs-0')];
    const ignoring = SPARK.spec({ ignorePreviousPod: true }).createdAt(NOW_MS);

    expect(units(planOf(pods('a'), { bound }))).toEqual({ a: 'eci' });
    expect(units(planOf(pods('a', 'b', 'c'), { bound, policies: [ignoring] }))).toEqual({
      a: 'ecs',
      b: 'ecs',
      c: 'eci',
    });
  });

  it('that several policies select, or that lack a label, are refused with the reason', () => {
    const planned = planOf([...pods('a'), aPod('b').labels({ job: 'x' })], {
      policies: [
        SPARK,
        aPolicy('other').unit({ resource: 'ecs' }),
        aPolicy('jobs').selecting({ job: 'x' }).perGroup('id').unit({ resource: 'ecs' }),
      ],
    });

    expect(messageOf(planned, 'a')).toMatch(
      /^0\/2 nodes are available: 2 more than one ResourcePolicy selects/,
    );
    expect(messageOf(planned, 'b')).toMatch(/: 2 ResourcePolicy jobs: the pod lacks the label id /);
  });
});

describe('pods that wait in a unit', () => {
  const large = { cpu: '3' };
  const timed = aPolicy('timed')
    .unit({ resource: 'ecs', max: 5 })
    .unit({ resource: 'eci' })
    .spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' } });

  it('for a time go on when it is over, and it is said what they waited for', () => {
    const planned = planOf(
      pods('a', 'b').map((pod) => pod.requesting(large)),
      { policies: [timed] },
    );

    expect(units(planned)).toEqual({ a: 'ecs', b: 'eci after 10m' });
    expect(fateOf(planned, 'b')).toMatchObject({
      text: 'unit 1 ecs has had no feasible node for 10m',
      waited: {
        message:
          '0/2 nodes are available: 1 Insufficient cpu, 1 ResourcePolicy timed: unit 1 ecs has no feasible node, waiting for one up to 10m.',
      },
    });
  });

  it('for a time in one unit after another wait for each', () => {
    const policy = aPolicy('twice')
      .unit({ resource: 'ecs', max: 5 })
      .unit({ nodeSelector: { none: 'here' }, max: 1 })
      .unit({ resource: 'eci' })
      .spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' } });

    expect(units(planOf([aPod('a').requesting({ cpu: '5' })], { policies: [policy] }))).toEqual({
      a: 'eci after 20m',
    });
  });

  it('go on as soon as others take its last place, before pods that come later', () => {
    const policy = aPolicy('exact')
      .unit({ resource: 'ecs', max: 1 })
      .unit({ resource: 'eci', max: 1 })
      .spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
    const planned = planOf([aPod('large').requesting({ cpu: '5' }), aPod('small'), aPod('late')], {
      policies: [policy],
    });

    expect(units(planned)).toEqual({ large: 'eci', small: 'ecs', late: 'pending' });
    expect(fateOf(planned, 'large')).toMatchObject({
      afterMs: 0,
      waited: { text: 'ResourcePolicy exact: unit 1 ecs has no feasible node, waiting for one' },
    });
  });

  it('for nothing that can happen stay pending', () => {
    const policy = aPolicy('exact')
      .unit({ resource: 'ecs', max: 3 })
      .unit({ resource: 'eci' })
      .spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
    const planned = planOf([aPod('a').requesting({ cpu: '5' }), aPod('b')], { policies: [policy] });

    expect(units(planned)).toEqual({ a: 'pending', b: 'ecs' });
    expect(messageOf(planned, 'a')).toContain('unit 1 ecs has no feasible node, waiting for one.');
  });

  it('whose terminating pods are still there stay, as nothing ends while it is planned', () => {
    const policy = aPolicy('p')
      .unit({ resource: 'ecs', max: 1 })
      .unit({ resource: 'eci' })
      .spec({ whenTryNextUnits: { policy: 'LackResourceAndNoTerminating' }, ignoreTerminatingPod: false });
    const bound = [aPod('leaving').on('ecs-0').terminating()];

    expect(messageOf(planOf(pods('a'), { policies: [policy], bound }), 'a')).toContain(
      'unit 1 ecs has terminating pods, waiting for their end',
    );
  });
});

describe('pods that others create', () => {
  const world = { creators: { executor: 'driver' } };

  it('are not there while their creator waits', () => {
    const planned = planOf([aPod('driver').requesting({ cpu: '500k' }), aPod('executor')], world);

    expect(units(planned)).toEqual({ driver: 'pending', executor: 'pending' });
    expect(messageOf(planned, 'executor')).toBe('not created before driver runs');
  });

  it('come when it has got its place, however late', () => {
    const policies = [
      aPolicy('timed')
        .unit({ resource: 'ecs', max: 5 })
        .unit({ resource: 'eci' })
        .spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax' } }),
    ];
    const planned = planOf([aPod('driver').requesting({ cpu: '5' }), aPod('executor')], {
      ...world,
      policies,
    });

    expect(units(planned)).toEqual({ driver: 'eci after 15m', executor: 'ecs after 15m' });
  });

  it('are created by one that is bound already', () => {
    const bound = [aPod('driver').on('ecs-0')];

    expect(units(planOf(pods('executor'), { ...world, bound }))).toEqual({ executor: 'ecs' });
  });
});

describe('a pod', () => {
  it('of no policy goes where kube-scheduler likes, and takes room there', () => {
    const web = aPod('web').labels({ app: 'web' }).requesting({ cpu: '3' });
    const job = aPod('job').requesting({ cpu: '3' });
    const planned = planOf([web, job], { nodes: [ECS] });

    expect(fateOf(planned, 'web')).toEqual({
      state: 'placed',
      nodeName: 'ecs-0',
      policy: undefined,
      unit: undefined,
      text: '',
      afterMs: 0,
    });
    expect(messageOf(planned, 'job')).toBe('0/1 nodes are available: 1 Insufficient cpu.');
  });

  it('with preferred node affinity gets what it prefers while there is room', () => {
    const preference = {
      matchExpressions: [{ key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] }],
    };
    const nodeAffinity = {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }],
    };
    const built = ['a', 'b'].map((name) => {
      const facts = aPod(name).labels({ app: 'web' }).requesting({ cpu: '3' }).facts();
      return {
        facts,
        constraints: podConstraints({}),
        preferences: nodePreferences({ spec: { affinity: { nodeAffinity } } }),
      };
    });
    const { fates } = plan({
      policies: [],
      nodes: [ECI.facts(), ECS.facts()],
      bound: [],
      pods: built,
      virtualNodes: VIRTUAL_NODES,
      nowMs: NOW_MS,
    });

    expect([...fates.values()].map((fate) => fate.state === 'placed' && fate.nodeName)).toEqual([
      'ecs-0',
      'eci-0',
    ]);
  });

  it('with a scheduling gate is not tried', () => {
    const { fates } = plan({
      policies: [],
      nodes: [ECS.facts()],
      bound: [],
      pods: [
        {
          facts: aPod('gated').facts(),
          constraints: podConstraints({ spec: { schedulingGates: [{ name: 'example.com/wait' }] } }),
          preferences: [],
        },
      ],
      virtualNodes: VIRTUAL_NODES,
      nowMs: NOW_MS,
    });

    expect(fates.get('uid-gated')).toMatchObject({
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    });
  });

  it.for([
    ['of higher priority than one that is placed may evict it', aPod('p').priority(5), true],
    ['of the same priority evicts nobody', aPod('p').priority(1), false],
    ['that never preempts evicts nobody', aPod('p').priority(5).neverPreempting(), false],
  ] as const)('%s', ([, pod, mayPreempt]) => {
    const bound = [aPod('x').on('ecs-0').priority(1)];
    const planned = planOf([pod.requesting({ cpu: '500k' })], { bound });

    expect(fateOf(planned, 'p')).toMatchObject({ state: 'pending', mayPreempt });
  });

  it('for which its caller chooses no node is an error', () => {
    expect(() => planOf(pods('a'), { chooseNode: () => undefined })).toThrow('no node was chosen for pod a');
  });
});
