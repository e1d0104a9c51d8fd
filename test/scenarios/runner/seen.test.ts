import { expect, test } from 'vitest';
import { UNIT_ANNOTATION } from '../../../src/facts/annotations.ts';
import type { ExpectForm } from './format.ts';
import type { SeenPod } from './seen.ts';
import { differences } from './seen.ts';

function on(name: string, nodeName: string, unit: string, more: Partial<SeenPod['metadata']> = {}): SeenPod {
  return {
    metadata: { name, uid: name, annotations: { [UNIT_ANNOTATION]: unit }, ...more },
    spec: { nodeName },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

function waiting(name: string, message: string): SeenPod {
  return {
    metadata: { name, uid: name },
    spec: {},
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] },
  };
}

const PODS = [
  on('a', 'ecs-0', 'ecs', { labels: { app: 'web' } }),
  on('b', 'eci-0', 'eci', { annotations: { [UNIT_ANNOTATION]: 'eci', note: 'x' } }),
  waiting('c', 'unit 1 ecs is at max 1'),
];

test.each<ExpectForm>([
  { pods: { a: { node: 'ecs-0', unit: 'ecs' }, b: { unit: 'eci' }, c: { waiting: 'ecs is at max' } } },
  { pods: { a: { labels: { app: 'web', tier: null } }, b: { annotations: { note: '*', other: null } } } },
  { nodes: { 'ecs-0': 1, 'eci-0': 1 }, units: { ecs: 1, eci: 1 }, waiting: 1, ready: true },
  { each: { 'eci-0': { annotations: { note: 'x' } } } },
])('%j is so', (expected) => {
  expect(differences(PODS, expected)).toEqual([]);
});

test.each<[ExpectForm, string[]]>([
  [{ pods: { d: { node: 'n' } } }, ['d does not exist']],
  [{ pods: { a: { node: 'eci-0' } } }, ['a: expected on eci-0, is on ecs-0 in unit ecs (Running)']],
  [
    { pods: { a: { node: 'ecs-0', unit: 'eci' } } },
    ['a: expected on ecs-0 in unit eci, is on ecs-0 in unit ecs (Running)'],
  ],
  [
    { pods: { a: { waiting: 'max' }, c: { waiting: 'max 2' } } },
    [
      'a: expected waiting with "max", is on ecs-0 in unit ecs (Running)',
      'c: expected waiting with "max 2", is waiting with "unit 1 ecs is at max 1" (Pending)',
    ],
  ],
  [
    { pods: { b: { annotations: { note: null, other: '*' }, labels: { app: 'web' } } } },
    [
      'b: expected annotation note to be absent, is x',
      'b: expected annotation other to be *, is absent',
      'b: expected label app to be web, is absent',
    ],
  ],
  [
    { nodes: { 'ecs-0': 2 } },
    ['expected 2 pods on node ecs-0, are 1', 'expected 0 pods on node eci-0, are 1'],
  ],
  [{ units: { ecs: 1 } }, ['expected 0 pods in unit eci, are 1']],
  [{ each: { 'ecs-1': {} } }, ['no pod is on ecs-1']],
  [{ waiting: 2 }, ['expected 2 pods to wait, 1 do']],
  [
    { each: { 'eci-0': { annotations: { note: null } } } },
    ['b: expected annotation note to be absent, is x'],
  ],
])('%j is not so', (expected, problems) => {
  expect(differences(PODS, expected)).toEqual(problems);
});

test('pods that are finished or terminating are not counted, those that are not Ready are named', () => {
  const finished = { ...on('done', 'ecs-0', 'ecs'), status: { phase: 'Succeeded' } };
  const terminating = on('old', 'ecs-0', 'ecs', { deletionTimestamp: '2026-01-01T00:00:00Z' });
  const starting = { ...on('new', 'ecs-0', 'ecs'), status: { phase: 'Pending' } };
  expect(differences([finished, terminating, starting], { nodes: { 'ecs-0': 1 }, ready: true })).toEqual([
    'not Ready: new',
  ]);
});
