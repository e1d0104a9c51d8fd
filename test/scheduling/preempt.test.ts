import { describe, expect, test } from 'vitest';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const spark = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 1 });
const nodes = [
  aNode('ecs-0'),
  aNode('ecs-1'),
  aNode('eci-0').virtual(),
  aNode('arm-0').labelled({ pool: 'arm' }),
];
const inJob = (name: string, job = 's1'): PodBuilder => aPod(name).ofGroup(job);
const high = inJob('high').priority(100);
/** Pods of the group itself. */
const a = inJob('a').on('ecs-0');
const b = inJob('b').on('ecs-1');
const v = inJob('v').on('eci-0');
/** Pods that no limit counts for the group. */
const web = aPod('web').labels({ app: 'web' });
const other = inJob('other', 's2');

interface Case {
  readonly policy?: PolicyBuilder;
  readonly seen?: readonly PodBuilder[];
  readonly pod?: PodBuilder;
  /** Whom kube-scheduler would evict, by node. */
  readonly victims: Readonly<Record<string, readonly PodBuilder[]>>;
  readonly want: readonly string[];
}

const taking = (cpu: number, pod: PodBuilder): PodBuilder => pod.requesting({ cpu });

describe('pods may be evicted', () => {
  const limited = aPolicy('spark')
    .perGroup()
    .unit({ resource: 'ecs', maxResources: { cpu: 4 } });
  const large = high.requesting({ cpu: 3 });
  const cases: Record<string, Case> = {
    'where the unit is below max': {
      seen: [a, web.on('ecs-1')],
      victims: { 'ecs-1': [web] },
      want: ['ecs-1'],
    },
    'nowhere when all units are at max for the group': {
      seen: [a, b, v, web.on('ecs-0'), other.on('ecs-1')],
      victims: { 'ecs-0': [web], 'ecs-1': [other], 'eci-0': [] },
      want: [],
    },
    'in a unit at max where the victims are of the group itself': {
      seen: [a, b, v, web.on('ecs-0')],
      victims: { 'ecs-0': [web], 'ecs-1': [b, web] },
      want: ['ecs-1'],
    },
    'not where victims of the group leave the unit over a max that was lowered': {
      policy: spark.spec({ units: [{ resource: 'ecs', max: 1 }] }),
      seen: [a, b, inJob('c').on('ecs-0')],
      victims: { 'ecs-0': [a], 'ecs-1': [a, b] },
      want: [],
    },
    'where enough victims of the group go': {
      policy: spark.spec({ units: [{ resource: 'ecs', max: 1 }] }),
      seen: [a, inJob('c').on('ecs-0')],
      victims: { 'ecs-0': [a, inJob('c')], 'ecs-1': [a] },
      want: ['ecs-0'],
    },
    'not in a unit of max 0, whoever goes': {
      policy: spark.spec({ units: [{ resource: 'ecs', max: 0 }] }),
      seen: [a],
      victims: { 'ecs-0': [a] },
      want: [],
    },
    'not on nodes of no unit': {
      policy: spark.spec({ units: [{ resource: 'ecs', nodeSelector: { pool: 'arm' }, max: 1 }] }),
      seen: [web.on('ecs-0')],
      victims: { 'ecs-0': [web], 'arm-0': [web] },
      want: ['arm-0'],
    },
    'in one unit only, the first that has a node': {
      seen: [web.on('ecs-0')],
      victims: { 'eci-0': [web], 'ecs-0': [web], 'ecs-1': [web] },
      want: ['ecs-0', 'ecs-1'],
    },
    'in the next unit when the first is at max': {
      seen: [a, b, web.on('ecs-0'), web.uid('web2').on('eci-0')],
      victims: { 'ecs-0': [web], 'eci-0': [web.uid('web2')] },
      want: ['eci-0'],
    },
    'in the next unit when the first has no node among those offered': {
      seen: [web.on('eci-0')],
      victims: { 'eci-0': [web] },
      want: ['eci-0'],
    },
    'not for victims that nobody has seen: they may not count': {
      seen: [a, b],
      victims: { 'ecs-0': [inJob('unseen')] },
      want: [],
    },
    'where victims free what maxResources limit': {
      policy: limited,
      seen: [taking(2, a), taking(1, b), taking(4, web).on('ecs-0')],
      pod: large,
      victims: { 'ecs-0': [a], 'ecs-1': [b, web] },
      want: ['ecs-0'],
    },
    'nowhere for a pod that exceeds maxResources alone': {
      policy: limited,
      seen: [a],
      pod: high.requesting({ cpu: 5 }),
      victims: { 'ecs-0': [a] },
      want: [],
    },
    'nowhere when there is nobody to evict': { seen: [], victims: {}, want: [] },
  };

  test.each(Object.entries(cases))(
    '%s',
    (_name, { policy = spark, seen = [], pod = high, victims, want }) => {
      const world = new Harness({ nodes, policies: [policy] });
      for (const each of seen) world.sees(each);
      expect(world.preempt(pod, victims)).toEqual({
        outcome: want.length === 0 ? 'nobody' : 'offered',
        nodeNames: want,
      });
      expect(world.ledger.reservation('uid-high')?.state).toBe(want.length === 0 ? undefined : 'reserved');
    },
  );
});

const rule = (policy: string): PolicyBuilder => spark.spec({ whenTryNextUnits: { policy } });

describe('while a pod has units left to wait for, under AfterAllUnits', () => {
  const victims = { 'ecs-0': [web], 'eci-0': [web] };
  function harness(policy: PolicyBuilder, ...seen: readonly PodBuilder[]): Harness {
    const world = new Harness({ nodes, policies: [policy] });
    for (const each of [web.on('ecs-0'), ...seen]) world.sees(each);
    return world;
  }

  test('nobody is evicted before the timeout is over', () => {
    const world = harness(rule('TimeoutOrExceedMax'));
    expect(world.preempt(high, victims).nodeNames).toEqual([]);
    world.advance(15 * 60_000);
    expect(world.preempt(high, victims).nodeNames).toEqual([]);
    world.advance(15 * 60_000);
    expect(world.preempt(high, victims).nodeNames).toEqual(['ecs-0']);
  });

  test('nobody is evicted while pods terminate in the unit', () => {
    const leaving = inJob('leaving').on('ecs-1').terminating();
    const world = harness(rule('LackResourceAndNoTerminating'), leaving);
    expect(world.preempt(high, victims).nodeNames).toEqual([]);
    world.seesGone(leaving);
    expect(world.preempt(high, victims).nodeNames).toEqual(['ecs-0']);
  });

  test('a unit that is waited for without end is the last one', () => {
    const world = harness(rule('ExceedMax'));
    expect(world.preempt(high, victims).nodeNames).toEqual(['ecs-0']);
    expect(world.preempt(inJob('h2').priority(9), { 'eci-0': [web] }).nodeNames).toEqual([]);
  });
});

describe('pods whose preemption is not ours to judge, or not now', () => {
  const victims = { 'ecs-0': [a], 'arm-0': [web] };

  function harness(): Harness {
    const world = new Harness({ nodes, policies: [spark] });
    for (const each of [a, b, v]) world.sees(each);
    return world;
  }

  test('a pod that no policy selects keeps every candidate', () => {
    expect(harness().preempt(aPod('x').labels({}), victims)).toEqual({
      outcome: 'not-ours',
      nodeNames: ['ecs-0', 'arm-0'],
    });
  });

  test('nobody is evicted upon a view that is not ready, not even for pods of no policy', () => {
    const world = harness();
    world.unready = 'starting';
    for (const pod of [high, aPod('x').labels({})]) {
      expect(world.preempt(pod, victims)).toEqual({ outcome: 'not-ready', nodeNames: [] });
    }
    expect(world.ledger.reservationCount).toBe(0);
  });

  const refused: Record<string, (world: Harness) => PodBuilder> = {
    'that two policies select': (world) => {
      world.sees(aPolicy('batch').unit({ resource: 'ecs' }));
      return high;
    },
    'that lacks the label of its group': () => aPod('high').priority(100),
    'that is gone': (world) => {
      world.sees(high);
      world.seesGone(high);
      return high;
    },
    'that is being deleted': (world) => {
      world.sees(high.version('2').terminating());
      return high;
    },
    'that is being bound': (world) => {
      world.seesGone(b);
      world.filter(high);
      world.ledger.startBind(high.facts(), 'ecs-1');
      return high;
    },
    'that is bound, as the watch knows and kube-scheduler does not yet': (world) => {
      world.sees(high.version('2').on('ecs-1'));
      return high;
    },
  };
  test.each(Object.entries(refused))('nobody is evicted for a pod %s', (_name, prepared) => {
    const world = harness();
    expect(world.preempt(prepared(world), victims)).toEqual({ outcome: 'nobody', nodeNames: [] });
  });
});
