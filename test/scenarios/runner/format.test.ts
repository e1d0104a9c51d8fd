import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scenarioFiles } from './files.ts';
import { parseScenario } from './format.ts';

const FILES = scenarioFiles();

/** A scenario with these steps, as text. */
function withSteps(steps: string): string {
  return `title: t\nwhy: w\nnodes: [{ name: n, kind: ecs }]\nsteps: ${steps}`;
}

test.each([1, 2, 3, 4, 5, 6, 7, 9])('point %i has a scenario', (point) => {
  expect(FILES.filter(({ name }) => name.startsWith(`${point}-`))).not.toEqual([]);
});

test('every scenario that the documentation names exists', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/compatibility.md'), 'utf8');
  const named = [...text.matchAll(/`(\d-[a-z-]+)`/g)].map(([, name]) => name);
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !FILES.some((file) => file.name === name))).toEqual([]);
});

test('every scenario ends with what is expected', () => {
  const pending = FILES.filter(({ scenario }) => {
    const last = scenario.steps.at(-1)?.key;
    return last !== 'expect' && last !== 'stays' && last !== 'repeat';
  });
  expect(pending.map(({ name }) => name)).toEqual([]);
});

test('short forms say the same as long ones', () => {
  const { steps } = parseScenario(
    'f.yaml',
    withSteps('[{ create: [a] }, { expect: { pods: { a: n }, within: 2s, evicted: none } }]'),
  );
  expect(steps).toEqual([
    { key: 'create', value: [{ pod: 'a' }] },
    { key: 'expect', value: { pods: { a: { node: 'n' } }, within: 2_000, evicted: [] } },
  ]);
});

test.each([
  ['[]', 'f.yaml: steps: must be a list with at least one entry, is []'],
  ['[{ creat: [a] }]', 'f.yaml: steps[0]: creat is unknown here; known are create, expect, stays, '],
  ['[{ create: [a], expect: {} }]', 'f.yaml: steps[0]: must have exactly one key, has create, expect'],
  ['[{ create: [{ pod: a, replicas: 2 }] }]', 'f.yaml: steps[0].create[0]: replicas is unknown here'],
  [
    '[{ create: [{ pod: a, count: -1 }] }]',
    'f.yaml: steps[0].create[0].count: must be a whole number, 0 or more',
  ],
  ['[{ create: [{ deployment: a }] }]', 'f.yaml: steps[0].create[0]: lacks replicas'],
  [
    '[{ create: [{ pod: a, labels: { app: 1 } }] }]',
    'f.yaml: steps[0].create[0].labels.app: must be a text, is 1',
  ],
  ['[{ expect: {} }]', 'f.yaml: steps[0].expect: expects nothing'],
  ['[{ expect: { within: 2s } }]', 'f.yaml: steps[0].expect: expects nothing'],
  [
    '[{ expect: { waiting: 1, within: 2 } }]',
    'f.yaml: steps[0].expect.within: must be a time such as 500ms, 2s or 15m',
  ],
  ['[{ expect: { pods: { a: {} } } }]', 'f.yaml: steps[0].expect.pods.a: says nothing'],
  [
    '[{ expect: { pods: { a: { node: n, waiting: text } } } }]',
    'f.yaml: steps[0].expect.pods.a: a pod that is waiting has neither node nor unit',
  ],
  ['[{ delete: { pod: a, node: n } }]', 'f.yaml: steps[0].delete: names one pod, policy, node or deployment'],
  ['[{ delete: { node: n, force: true } }]', 'f.yaml: steps[0].delete: only a pod is deleted with'],
  ['[{ label: { labels: { a: b } } }]', 'f.yaml: steps[0].label: names one node or pod'],
  [
    '[{ extender: pause }]',
    'f.yaml: steps[0].extender: must be one of kill, stop, start, restart, is "pause"',
  ],
  [
    '[{ repeat: { times: 2, steps: [{ scale: {} }] } }]',
    'f.yaml: steps[0].repeat.steps[0].scale: lacks deployment',
  ],
  ['[{ create: [a], create: [b] }]', 'f.yaml: Map keys must be unique'],
])('%s is refused', (steps, problem) => {
  expect(() => parseScenario('f.yaml', withSteps(steps))).toThrow(problem);
});

test('a policy has no namespace of its own', () => {
  expect(() => parseScenario('f.yaml', withPolicy('{ name: p }'))).not.toThrow();
  expect(() => parseScenario('f.yaml', withPolicy('{ name: p, namespace: n }'))).toThrow(
    'f.yaml: steps[0].apply.metadata: namespace is unknown here',
  );
});

function withPolicy(metadata: string): string {
  return withSteps(
    `[{ apply: { apiVersion: scheduling.alibabacloud.com/v1alpha1, kind: ResourcePolicy, metadata: ${metadata}, spec: {} } }]`,
  );
}
