import { expect, test } from 'vitest';
import { SameNodes } from '../../bench/extenders/same-nodes.ts';

const ecs = Array.from({ length: 300 }, (_, node) => `ecs-${node}`);
const virtual = ['virtual-0', 'virtual-1'];
const all = [...ecs, ...virtual];

function upTo(max: number): SameNodes {
  return new SameNodes([
    { max, nodeNames: ecs },
    { max: 1, nodeNames: virtual },
  ]);
}

test('each job fills the first unit, then the second, then waits', () => {
  const sameNodes = upTo(2);
  const kinds = ['a', 'b', 'c', 'd'].map(
    (uid) => sameNodes.answer(uid, 'job', all)[0]?.split('-')[0] ?? 'waits',
  );
  expect(kinds).toEqual(['ecs', 'ecs', 'virtual', 'waits']);
  expect(sameNodes.answer('e', 'other job', all)[0]).toMatch(/^ecs/);
});

test('a pod that is asked about again holds one place', () => {
  const sameNodes = upTo(1);
  sameNodes.answer('a', 'job', all);
  expect(sameNodes.answer('a', 'job', all)[0]).toMatch(/^ecs/);
  expect(sameNodes.answer('b', 'job', all)).toEqual(virtual);
});

test('at most 100 nodes, others each time; only such as were offered', () => {
  const sameNodes = upTo(10);
  const first = sameNodes.answer('a', 'job', all);
  const second = sameNodes.answer('b', 'job', all);
  expect(first).toHaveLength(100);
  expect(second.filter((name) => first.includes(name))).toEqual([]);
  expect(sameNodes.answer('c', 'job', ['virtual-1', 'else'])).toEqual(['virtual-1']);
});
