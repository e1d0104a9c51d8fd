import { describe, expect, test } from 'vitest';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const spark = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', max: 2 })
  .unit({ resource: 'eci', max: 1 })
  .spec({ preemptPolicy: 'BeforeNextUnit' });
const nodes = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
/** Feasible nodes when the first unit lacks resources. */
const VIRTUAL = ['eci-0'];
/** How long kube-scheduler has to preempt in a unit. */
const ATTEMPT_MS = 1_000;
const inJob = (name: string, job = 's1'): PodBuilder => aPod(name).ofGroup(job);
const high = inJob('high').priority(100);
const web = aPod('web').labels({ app: 'web' }).on('ecs-0');

function harness(seen: readonly PodBuilder[], policy: PolicyBuilder = spark): Harness {
  const world = new Harness({ nodes, policies: [policy] });
  for (const each of seen) world.sees(each);
  return world;
}

/** `high` waits in the first unit, where `web` is to be evicted for it. */
function preempting(): { readonly world: Harness; readonly nominated: PodBuilder } {
  const world = harness([web]);
  world.filter(high, VIRTUAL);
  world.preempt(high, { 'ecs-0': [web] });
  const nominated = high.version('2').nominated('ecs-0');
  world.sees(nominated);
  return { world, nominated };
}

describe('a pod that finds no node in a unit', () => {
  test('gives kube-scheduler a second to preempt there, and then goes on', () => {
    const world = harness([web]);
    expect(world.filter(high, VIRTUAL)).toMatchObject({
      outcome: 'waiting',
      text: 'ResourcePolicy spark: unit 1 ecs lacks room, trying preemption there (per job)',
    });
    world.advance(ATTEMPT_MS - 1);
    expect(world.unitFor(high, VIRTUAL)).toBe('waiting');
    world.advance(1);
    expect(world.unitFor(high, VIRTUAL)).toBe('eci');
  });

  test('is tried again after it, which is asked for once', () => {
    const world = harness([web]);
    world.advance(5_000);
    world.filter(high, VIRTUAL);
    world.advance(300);
    world.filter(high, VIRTUAL);
    expect(world.alarms).toEqual([{ pod: 'high', atMs: 5_000 + ATTEMPT_MS }]);
  });

  test('takes a node of the unit that victims have left', () => {
    const world = harness([web]);
    world.filter(high, VIRTUAL);
    world.seesGone(web);
    expect(world.unitFor(high, ['ecs-0', ...VIRTUAL])).toBe('ecs');
  });

  test('stays while it is nominated for a node of the unit: its victims take their time', () => {
    const { world, nominated } = preempting();
    world.advance(60 * ATTEMPT_MS);
    expect(world.unitFor(nominated, VIRTUAL)).toBe('waiting');
    expect(world.unitFor(nominated.version('3').nominated(''), VIRTUAL)).toBe('eci');
  });

  test('does not wait for a node that is only nominated, as kube-scheduler leaves it to pods that nobody was evicted for', () => {
    const world = harness([web]);
    const nominated = high.nominated('ecs-0');
    world.filter(nominated, VIRTUAL);
    world.advance(ATTEMPT_MS);
    expect(world.unitFor(nominated, VIRTUAL)).toBe('eci');
  });

  test('stays while victims leave for it whose eviction another replica allowed', () => {
    const world = harness([web]);
    world.sees(high);
    const nominated = high.version('2').nominated('ecs-0');
    world.sees(nominated);
    world.sees(web.version('2').terminating());
    world.filter(nominated, VIRTUAL);
    world.advance(30 * ATTEMPT_MS);
    expect(world.unitFor(nominated, VIRTUAL)).toBe('waiting');
    world.seesGone(web);
    expect(world.unitFor(nominated, VIRTUAL)).toBe('eci');
  });

  test('does not wait for ever for others who leave the node that it is nominated for', () => {
    const world = harness([web]);
    const nominated = high.version('2').nominated('ecs-0');
    world.sees(web.version('2').terminating());
    world.filter(nominated, VIRTUAL);
    world.advance(60_000);
    expect(world.unitFor(nominated, VIRTUAL)).toBe('eci');
  });

  test('goes on when what its victims left was taken by others', () => {
    const { world, nominated } = preempting();
    world.seesGone(web);
    world.sees(aPod('daemon').labels({ app: 'daemon' }).priority(1_000).on('ecs-0'));
    expect(world.unitFor(nominated, VIRTUAL)).toBe('waiting');
    world.advance(60_000);
    world.ledger.expire({ reservedMs: 60_000, uncertainMs: 120_000, currentAtMs: world.nowMs });
    expect(world.unitFor(nominated, VIRTUAL)).toBe('eci');
  });

  test('goes on at once when it is nominated for another unit’s node', () => {
    const world = harness([web]);
    world.filter(high, VIRTUAL);
    world.advance(ATTEMPT_MS);
    expect(world.unitFor(high.nominated('eci-0'), VIRTUAL)).toBe('eci');
  });

  test('tries each unit in turn', () => {
    const world = harness([web, web.uid('web2').on('eci-0')]);
    world.filter(high, []);
    world.advance(ATTEMPT_MS);
    expect(world.filter(high, [])).toMatchObject({
      outcome: 'waiting',
      text: 'ResourcePolicy spark: unit 1 ecs has no feasible node, unit 2 eci lacks room, trying preemption there (per job)',
    });
    world.advance(ATTEMPT_MS);
    expect(world.filter(high, []).outcome).toBe('lacks-resources');
    expect(world.alarms.map(({ atMs }) => atMs)).toEqual([ATTEMPT_MS, 2 * ATTEMPT_MS]);
  });

  test('preempts before it waits for a node for a time', () => {
    const world = harness([web], spark.spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax' } }));
    world.filter(high, VIRTUAL);
    expect(world.waits).toEqual([]);
    world.advance(ATTEMPT_MS);
    expect(world.unitFor(high, VIRTUAL)).toBe('waiting');
    expect(world.waits).toEqual([{ pod: 'high', since: { ecs: ATTEMPT_MS } }]);
  });
});

describe('a pod goes on at once', () => {
  const cases: Record<string, { seen: readonly PodBuilder[]; pod?: PodBuilder; policy?: PolicyBuilder }> = {
    'when nobody of lower priority is in the unit': { seen: [web.priority(100)] },
    'when those of lower priority are elsewhere': { seen: [web.on('eci-0')] },
    'when those of lower priority have ended': {
      seen: [web.finished(), aPod('elsewhere').labels({ app: 'web' }).on('eci-0')],
    },
    'when they are bound nowhere': { seen: [aPod('idle').labels({ app: 'web' })] },
    'when it may not preempt': { seen: [web], pod: high.neverPreempting() },
    'under AfterAllUnits': { seen: [web], policy: spark.spec({ preemptPolicy: 'AfterAllUnits' }) },
    'in a full unit, when those of lower priority do not count for its group': {
      seen: [inJob('a').priority(100).on('ecs-0'), inJob('b').priority(100).on('ecs-1'), web],
    },
    'in a full unit, when those of lower priority are another group’s': {
      seen: [
        inJob('a').priority(100).on('ecs-0'),
        inJob('b').priority(100).on('ecs-1'),
        inJob('c', 's2').on('ecs-0'),
      ],
    },
    'in a unit of max 0': {
      seen: [web],
      policy: spark.spec({ units: [{ resource: 'ecs', max: 0 }, { resource: 'eci' }] }),
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { seen, pod = high, policy }) => {
    const world = harness(seen, policy);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
    expect(world.alarms).toEqual([]);
  });
});

describe('in a full unit', () => {
  const full = [inJob('a').on('ecs-0'), inJob('b').priority(100).on('ecs-1')];

  test('pods of the group itself may make room', () => {
    const world = harness(full);
    expect(world.unitFor(high)).toBe('waiting');
    expect(world.preempt(high, { 'ecs-0': [full[0]!], 'ecs-1': [web] }).nodeNames).toEqual(['ecs-0']);
    world.advance(ATTEMPT_MS);
    expect(world.unitFor(high)).toBe('eci');
  });
});

describe('/preempt', () => {
  test('offers the unit whose turn it is and no other', () => {
    const world = harness([web, web.uid('web2').on('eci-0')]);
    const victims = { 'eci-0': [web.uid('web2')] };
    world.filter(high, []);
    expect(world.preempt(high, { ...victims, 'ecs-0': [web] }).nodeNames).toEqual(['ecs-0']);
    expect(world.preempt(high, victims)).toEqual({ outcome: 'nobody', nodeNames: [] });
    world.advance(ATTEMPT_MS);
    expect(world.preempt(high, { ...victims, 'ecs-0': [web] }).nodeNames).toEqual(['eci-0']);
  });

  test('offers every unit in order when all were tried', () => {
    const world = harness([web, web.uid('web2').on('eci-0')]);
    for (let unit = 0; unit < 2; unit += 1) {
      world.filter(high, []);
      world.advance(ATTEMPT_MS);
    }
    expect(world.preempt(high, { 'eci-0': [web.uid('web2')], 'ecs-0': [web] }).nodeNames).toEqual(['ecs-0']);
    expect(world.preempt(high, { 'eci-0': [web.uid('web2')] }).nodeNames).toEqual(['eci-0']);
  });

  test('goes on to the next unit at once where kube-scheduler found nobody, for a pod that it does not bring to /filter', () => {
    const world = harness([web, web.uid('web2').on('eci-0')]);
    expect(world.preempt(high, { 'eci-0': [web.uid('web2')] }).nodeNames).toEqual(['eci-0']);
  });

  test('begins the attempt of a pod that kube-scheduler does not bring to /filter', () => {
    const world = harness([web]);
    world.preempt(high, { 'ecs-0': [web] });
    expect(world.alarms).toEqual([{ pod: 'high', atMs: ATTEMPT_MS }]);
  });
});
