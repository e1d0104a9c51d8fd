import { describe, expect, test } from 'vitest';
import type { Judgement } from '../../bench/judge/checker.ts';
import { judge } from '../../bench/judge/checker.ts';
import { faultsOf } from '../../bench/judge/verdict.ts';
import type { PlacementEvent } from '../../bench/measure/pod-log.ts';
import { planNodes } from '../../bench/workload/nodes.ts';
import type { PlannedPod } from '../../bench/workload/pods.ts';
import { parseAmounts } from '../../bench/workload/quantity.ts';
import type { UnitForm } from '../../bench/workload/format.ts';

/** An ECS node of 4 CPUs, two virtual nodes, a real node in no unit. Names by kind: e0, v0, v1, o0. */
const nodes = planNodes({
  order: 'contiguous',
  groups: [
    { kind: 'ecs', count: 1, cpu: '4' },
    { kind: 'virtual', count: 2 },
    { kind: 'other', count: 1 },
  ],
});
const nodeNames = new Map(
  nodes.map(({ spec, group }, index) => [
    `${group.kind[0]}${index - nodes.findIndex((node) => node.group === group)}`,
    spec.name,
  ]),
);
const ECS: UnitForm = { resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' } };
const ECI: UnitForm = { resource: 'eci' };

interface Options {
  readonly units?: readonly UnitForm[];
  readonly perJob?: boolean;
  readonly windowMs?: number;
  /** Names in the order of creation. */
  readonly created?: string;
}

/**
 * Judges a story such as `a1>e0 @5 a2>v0 -a1`: pod a1 of job a, of 1 CPU, is bound to e0; 5 ms later a2 to v0; a1 goes.
 * `a3>e0~7`: it had been nominated for it 7 ms before. A
 * pod of job s stands there from the start, outside the policy.
 */
function judged(
  story: string,
  { units = [ECS, ECI], perJob = true, windowMs = 10, created = '' }: Options = {},
): Judgement {
  let nowMs = 0;
  const placed = new Map<string, string>();
  const events = story.split(' ').flatMap((word): PlacementEvent[] => {
    if (word.startsWith('@')) {
      nowMs += Number(word.slice(1));
      return [];
    }
    const [pod = '', node = ''] = word.replace('-', '').split('>');
    if (word.startsWith('-')) return [{ kind: 'gone', pod, nodeName: placed.get(pod) ?? '', atMs: nowMs }];
    const [name = '', nominated] = node.split('~');
    const nodeName = nodeNames.get(name) ?? '';
    placed.set(pod, nodeName);
    const nominatedMs = nominated === undefined ? {} : { nominatedMs: nowMs - Number(nominated) };
    return [{ kind: 'bound', pod, nodeName, atMs: nowMs, ...nominatedMs }];
  });
  const pods = new Map([...placed.keys()].map((name) => [name, planned(name)]));
  const scene = { workload: { units, perJob }, nodes, pods };
  return judge({ ...scene, events, created: created.split(' '), bindingWindowMs: windowMs });
}

function planned(name: string): PlannedPod {
  const isStanding = name.startsWith('s');
  return {
    name,
    role: isStanding ? 'standing' : 'measured',
    job: isStanding ? undefined : name[0],
    requests: { cpu: '1' },
    amounts: parseAmounts({ cpu: '1', pods: '1' }),
    nodeName: undefined,
  };
}

describe('over max', () => {
  const units = [{ ...ECS, max: 2 }, ECI];

  test('a unit with as many as its max is in order', () => {
    expect(judged('a1>e0 a2>e0 a3>v0', { units })).toMatchObject({ overMax: 0, perUnit: [2, 1] });
  });

  test('one more is over, whoever it is', () => {
    expect(judged('a1>e0 a2>e0 a3>e0', { units })).toMatchObject({
      overMax: 1,
      examples: ['a3 is number 3 of a in unit 1, max 2'],
    });
  });

  test('it may have been over for a moment only', () => {
    expect(judged('a1>e0 a2>e0 a3>e0 -a1', { units }).overMax).toBe(1);
  });

  test('a pod that went makes room', () => {
    expect(judged('a1>e0 a2>e0 -a1 a3>e0', { units }).overMax).toBe(0);
  });

  test('each job counts for itself, or all together', () => {
    expect(judged('a1>e0 a2>e0 b1>e0', { units }).overMax).toBe(0);
    expect(judged('a1>e0 a2>e0 b1>e0', { units, perJob: false }).overMax).toBe(1);
  });

  test('pods outside the policy do not count', () => {
    expect(judged('s1>e0 s2>e0 a1>e0 a2>e0', { units }).overMax).toBe(0);
  });
});

describe('out of order', () => {
  test('unit 2 while unit 1 has room', () => {
    expect(judged('a1>v0')).toMatchObject({
      outOfOrder: 1,
      undecided: 0,
      examples: [expect.stringContaining('though unit 1 had room')],
    });
  });

  test('unit 2 when the nodes of unit 1 are full', () => {
    expect(judged('a1>e0 a2>e0 a3>e0 a4>e0 a5>v0').outOfOrder).toBe(0);
  });

  test('what stands on a node from the start takes room', () => {
    expect(judged('s1>e0 s2>e0 s3>e0 s4>e0 a1>v0').outOfOrder).toBe(0);
    expect(judged('s1>e0 s2>e0 s3>e0 a1>v0').outOfOrder).toBe(1);
  });

  test('unit 2 when unit 1 is at max, whatever its nodes have', () => {
    const units = [{ ...ECS, max: 1 }, ECI];
    expect(judged('a1>e0 a2>v0', { units }).outOfOrder).toBe(0);
    expect(judged('a1>e0 b1>v0', { units }).outOfOrder).toBe(1);
  });

  test('unit 2 when the last room of unit 1 is that of a pod nominated for it, however late that is bound', () => {
    const full = 's1>e0 s2>e0 s3>e0';
    expect(judged(`${full} @50 a1>v0 @50 a2>e0~50`)).toMatchObject({ outOfOrder: 0, undecided: 1 });
    expect(judged(`${full} @50 a1>v0 @50 a2>e0~39`).outOfOrder).toBe(1);
    expect(judged(`${full} @50 a1>v0 @50 a2>v0~99`).outOfOrder).toBe(2);
    expect(judged('@50 a1>v0 @50 a2>e0~50').outOfOrder).toBe(1);
  });

  test('a place below max is not held by a nomination', () => {
    const options = { units: [{ ...ECS, max: 1 }, ECI] };
    expect(judged('@50 a1>v0 @50 a2>e0~50', options).outOfOrder).toBe(1);
    expect(judged('@50 a1>v0 @5 a2>e0~50', options)).toMatchObject({ outOfOrder: 0, undecided: 1 });
  });

  test('a place of a nominated pod counts once, though it was created before, too', () => {
    const options = { units: [{ ...ECS, max: 2 }, ECI], created: 'a1 a2 a3' };
    expect(judged('a1>e0 @50 a3>v0 @50 a2>e0~50', options).outOfOrder).toBe(0);
    expect(judged('@50 a3>v0 @50 a2>e0~50', options).outOfOrder).toBe(1);
  });

  test('a place below max is not free for whoever was created after the pod that gets it, however late', () => {
    const units = [{ ...ECS, max: 2 }, ECI];
    const story = 'a1>e0 a3>v0 @50 a2>e0';
    expect(judged(story, { units, created: 'a1 a2 a3' })).toMatchObject({ outOfOrder: 0, undecided: 0 });
    expect(judged(story, { units, created: 'a1 a3 a2' }).outOfOrder).toBe(1);
    expect(judged('a1>e0 a3>v0', { units, created: 'a1 a2 a3' }).outOfOrder).toBe(1);
    expect(judged('a1>e0 a3>v0 @50 b2>e0', { units, created: 'a1 b2 a3' }).outOfOrder).toBe(1);
    const shared = { units, created: 'a1 b2 a3', perJob: false };
    expect(judged('a1>e0 a3>v0 @50 b2>e0', shared)).toMatchObject({ outOfOrder: 0, undecided: 0 });
    expect(judged('a1>e0 a3>v0 a2>e0', { units, created: 'a1 a2 a3' }).undecided).toBe(0);
  });

  test('room that a later binding takes may have been given away: undecided', () => {
    expect(judged('a1>e0 a2>e0 a3>e0 a5>v0 @5 a4>e0')).toMatchObject({ outOfOrder: 0, undecided: 1 });
  });

  test('but not by a binding later than any binding takes', () => {
    expect(judged('a1>e0 a2>e0 a3>e0 a5>v0 @11 a4>e0')).toMatchObject({ outOfOrder: 1, undecided: 0 });
  });

  test('room of a pod that has just gone may not have been seen: undecided', () => {
    expect(judged('a1>e0 a2>e0 a3>e0 a4>e0 @50 -a1 @5 a5>v0')).toMatchObject({ outOfOrder: 0, undecided: 1 });
    expect(judged('a1>e0 a2>e0 a3>e0 a4>e0 @50 -a1 @11 a5>v0')).toMatchObject({
      outOfOrder: 1,
      undecided: 0,
    });
  });

  test('a pod on a node of no unit is outside, and passes over all that have room', () => {
    expect(judged('a1>o0')).toMatchObject({ outside: 1, outOfOrder: 1, perUnit: [0, 0] });
  });
});

describe('which runs count', () => {
  const clean = judged('a1>e0');
  const wrong = { ...clean, overMax: 2, outOfOrder: 3, outside: 1 };
  const complete = { keepsPolicy: true, expected: 5, bound: 5, endedBy: undefined, judgement: clean };

  test('a complete run in order', () => {
    expect(faultsOf(complete)).toEqual([]);
    expect(faultsOf({ ...complete, judgement: { ...clean, undecided: 4 } })).toEqual([]);
  });

  test('who promises to keep the policy and does not is wrong; who promises nothing is not', () => {
    expect(faultsOf({ ...complete, judgement: wrong })).toEqual([
      '2 pods over max',
      '3 pods out of order',
      '1 pods on nodes of no unit',
    ]);
    expect(faultsOf({ ...complete, keepsPolicy: false, judgement: wrong })).toEqual([]);
  });

  test('a run that was cut short is wrong, whoever it is', () => {
    const cut = { ...complete, keepsPolicy: false, bound: 3, endedBy: 'nothing happened for 30 s' };
    expect(faultsOf(cut)).toEqual(['3 of 5 pods got a node: nothing happened for 30 s']);
  });
});
