import { describe, expect, test } from 'vitest';
import type { Decision } from '../../src/scheduling/decide.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const MINUTE = 60_000;
const spark = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 1 });
const exceedMax = spark.spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
const timeout = spark.spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '5m' } });
const noTerminating = spark.spec({ whenTryNextUnits: { policy: 'LackResourceAndNoTerminating' } });
const nodes = [aNode('ecs-0'), aNode('eci-0').virtual()];
const inJob = (name: string, job = 's1'): PodBuilder => aPod(name).ofGroup(job);
const pod = inJob('e1');
/** Feasible nodes when the first unit lacks resources. */
const VIRTUAL = ['eci-0'];

function harness(policy: PolicyBuilder): Harness {
  return new Harness({ nodes, policies: [policy] });
}

/** Outcome and text. */
function told({ outcome, ...decision }: Decision): readonly [string, string] {
  return [outcome, 'text' in decision ? decision.text : ''];
}

describe('what a pod that waits is told', () => {
  const cases: Record<string, { policy: PolicyBuilder; seen?: readonly PodBuilder[]; want: string }> = {
    'ExceedMax: it waits for a node': {
      policy: exceedMax,
      want: 'unit 1 ecs has no feasible node, waiting for one',
    },
    'TimeoutOrExceedMax: for how long, as the policy writes it': {
      policy: timeout,
      want: 'unit 1 ecs has no feasible node, waiting for one up to 5m',
    },
    'TimeoutOrExceedMax without a timeout: for 15 minutes': {
      policy: spark.spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax' } }),
      want: 'unit 1 ecs has no feasible node, waiting for one up to 15m',
    },
    'LackResourceAndNoTerminating: what ends it': {
      policy: noTerminating,
      seen: [inJob('leaving').on('ecs-0').terminating()],
      want: 'unit 1 ecs has terminating pods, waiting for their end',
    },
    'what became of the units before': {
      policy: exceedMax.spec({
        units: [
          { resource: 'acs', max: 0 },
          { resource: 'ecs', max: 2 },
        ],
      }),
      want: 'unit 1 acs is at max 0, unit 2 ecs has no feasible node, waiting for one',
    },
  };

  test.each(Object.entries(cases))('%s', (_name, { policy, seen = [], want }) => {
    const world = harness(policy);
    for (const each of seen) world.sees(each);
    const text = `ResourcePolicy spark: ${want} (per job)`;
    expect(told(world.filter(pod, VIRTUAL))).toEqual(['waiting', text]);
    // A text that changes makes kube-scheduler try again, for ever.
    world.advance(MINUTE);
    world.sees(inJob('other').on('ecs-0'));
    world.sees(inJob('elsewhere', 's2').on('eci-0'));
    expect(told(world.filter(pod.version('2'), VIRTUAL))).toEqual(['waiting', text]);
    expect(world.ledger.reservationCount).toBe(0);
  });
});

describe('ExceedMax', () => {
  test('a pod goes on when the unit is at max, and is held back again when it is not', () => {
    const world = harness(exceedMax);
    const full = [inJob('a').on('ecs-0'), inJob('b').on('ecs-0')];
    for (const each of full) world.sees(each);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
    world.seesGone(full[0]!);
    expect(world.unitFor(pod, VIRTUAL)).toBe('waiting');
    expect(world.taken(exceedMax, 's1', 1)).toBe(0);
  });

  test('a pod waits for ever, and no alarm is set for it', () => {
    const world = harness(exceedMax);
    world.filter(pod, VIRTUAL);
    world.advance(1_000 * MINUTE);
    expect(world.unitFor(pod, VIRTUAL)).toBe('waiting');
    expect([world.waits, world.alarms]).toEqual([[], []]);
  });

  test('a pod takes a node as soon as there is one', () => {
    const world = harness(exceedMax);
    world.filter(pod, VIRTUAL);
    expect(world.unitFor(pod, ['ecs-0', ...VIRTUAL])).toBe('ecs');
  });
});

describe('TimeoutOrExceedMax', () => {
  test('a pod waits for the timeout from its first refusal, and then goes on', () => {
    const world = harness(timeout);
    world.advance(MINUTE);
    expect(world.unitFor(pod, VIRTUAL)).toBe('waiting');
    world.advance(5 * MINUTE - 1);
    expect(world.unitFor(pod, VIRTUAL)).toBe('waiting');
    world.advance(1);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
  });

  test('the wait begins once; an alarm is asked for at its end, as often as the pod is refused', () => {
    const world = harness(timeout);
    world.filter(pod, VIRTUAL);
    world.advance(2 * MINUTE);
    world.filter(pod, VIRTUAL);
    expect(world.waits).toEqual([{ pod: 'e1', since: { ecs: 0 } }]);
    expect(world.alarms).toEqual([
      { pod: 'e1', atMs: 5 * MINUTE },
      { pod: 'e1', atMs: 5 * MINUTE },
    ]);
  });

  test('each pod waits for itself, whatever its group has waited', () => {
    const world = harness(timeout);
    world.filter(pod, VIRTUAL);
    world.advance(4 * MINUTE);
    expect(world.unitFor(inJob('e2'), VIRTUAL)).toBe('waiting');
    world.advance(MINUTE);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
    expect(world.unitFor(inJob('e2'), VIRTUAL)).toBe('waiting');
  });

  test('a wait outlives a restart by the pod’s annotation', () => {
    const world = harness(timeout);
    world.nowMs = 60 * MINUTE;
    const since = (minutes: number): PodBuilder => pod.waitingSince({ ecs: minutes * MINUTE });
    expect(world.unitFor(since(56), VIRTUAL)).toBe('waiting');
    expect(world.alarms).toEqual([{ pod: 'e1', atMs: 61 * MINUTE }]);
    expect(world.waits).toEqual([]);
    expect(world.unitFor(since(55), VIRTUAL)).toBe('eci');
  });

  test('a pod goes on at once at max, and its wait goes on meanwhile', () => {
    const world = harness(timeout);
    world.filter(pod, VIRTUAL);
    const full = [inJob('a').on('ecs-0'), inJob('b').on('ecs-0')];
    for (const each of full) world.sees(each);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
    world.seesGone(full[0]!);
    world.advance(5 * MINUTE);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
  });

  test('in the second unit the wait begins when its turn comes', () => {
    const world = harness(timeout);
    world.filter(pod, []);
    world.advance(5 * MINUTE);
    expect(told(world.filter(pod, []))).toEqual([
      'waiting',
      'ResourcePolicy spark: unit 1 ecs has had no feasible node for 5m, ' +
        'unit 2 eci has no feasible node, waiting for one up to 5m (per job)',
    ]);
    expect(world.waits.at(-1)).toEqual({ pod: 'e1', since: { ecs: 0, eci: 5 * MINUTE } });
    expect(world.alarms.at(-1)).toEqual({ pod: 'e1', atMs: 10 * MINUTE });
    world.advance(5 * MINUTE);
    expect(told(world.filter(pod, []))).toEqual([
      'lacks-resources',
      'ResourcePolicy spark: unit 1 ecs has had no feasible node for 5m, ' +
        'unit 2 eci has had no feasible node for 5m (per job)',
    ]);
  });

  test('a changed timeout holds for waits that have begun', () => {
    const world = harness(timeout);
    world.filter(pod, VIRTUAL);
    const longer = { policy: 'TimeoutOrExceedMax', timeout: '10m' };
    world.sees(timeout.generation(2).spec({ whenTryNextUnits: longer }));
    world.advance(6 * MINUTE);
    expect(world.unitFor(pod, VIRTUAL)).toBe('waiting');
    expect(world.alarms.at(-1)).toEqual({ pod: 'e1', atMs: 10 * MINUTE });
  });
});

describe('the wait switch', () => {
  const waiting = { 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling': 'true' };

  test('makes pods wait in a unit without max under the default policy', () => {
    const world = harness(
      aPolicy('spark').unit({ resource: 'ecs', podLabels: waiting }).unit({ resource: 'eci' }),
    );
    expect(told(world.filter(pod, VIRTUAL))).toEqual([
      'waiting',
      'ResourcePolicy spark: unit 1 ecs has no feasible node, waiting for one up to 15m',
    ]);
    world.advance(15 * MINUTE);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
  });
});

describe('LackResourceAndNoTerminating', () => {
  test('a pod goes on when the last terminating pod of any group is gone', () => {
    const world = harness(noTerminating);
    const leaving = inJob('leaving', 's2').on('ecs-0').terminating();
    world.sees(leaving);
    expect(world.unitFor(pod, VIRTUAL)).toBe('waiting');
    world.seesGone(leaving);
    expect(world.unitFor(pod, VIRTUAL)).toBe('eci');
  });

  test('a pod takes the place that a terminating one has left already', () => {
    const world = harness(noTerminating);
    world.sees(inJob('leaving').on('ecs-0').terminating());
    expect(world.unitFor(pod)).toBe('ecs');
  });

  test('terminating pods that count keep the unit full, and the pod there', () => {
    const world = harness(noTerminating.spec({ ignoreTerminatingPod: false }));
    world.sees(inJob('a').on('ecs-0').terminating());
    world.sees(inJob('b').on('ecs-0'));
    expect(world.unitFor(pod)).toBe('waiting');
  });

  test('a pod that no unit takes is told why of each', () => {
    const world = harness(noTerminating);
    expect(told(world.filter(pod, []))).toEqual([
      'lacks-resources',
      'ResourcePolicy spark: unit 1 ecs has no feasible node, unit 2 eci has no feasible node (per job)',
    ]);
  });
});
