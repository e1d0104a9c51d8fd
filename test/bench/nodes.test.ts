import { expect, test } from 'vitest';
import type { NodeGroup } from '../../bench/workload/format.ts';
import { planNodes } from '../../bench/workload/nodes.ts';
import { unitIndexOf } from '../../bench/workload/units.ts';

const groups: readonly NodeGroup[] = [
  { kind: 'virtual', count: 2 },
  { kind: 'ecs', count: 8, cpu: '16', labels: { pool: 'paid' } },
];

/** First letters of the nodes' kinds, in order. */
function orderOf(order: 'contiguous' | 'scattered'): string {
  return planNodes({ order, groups })
    .map(({ group }) => group.kind[0])
    .join('');
}

test('contiguous: group after group; scattered: each spread over all places', () => {
  expect(orderOf('contiguous')).toBe('vveeeeeeee');
  const scattered = orderOf('scattered');
  const perHalf = [scattered.slice(0, 5), scattered.slice(5)].map((half) => half.split('v').length - 1);
  expect(perHalf).toEqual([1, 1]);
});

test('nodes stand in the order of their names, which is the one that kube-scheduler learns of them', () => {
  const many = planNodes({ order: 'scattered', groups: [{ kind: 'ecs', count: 1_200 }, ...groups] });
  const names = many.map(({ spec }) => spec.name);
  expect(names).toEqual(names.toSorted());
  expect(new Set(names).size).toBe(1_210);
});

test('what a group says is what its nodes have', () => {
  const ecs = planNodes({ order: 'contiguous', groups })[2];
  expect(ecs?.allocatable).toEqual({ cpu: 16_000, memory: 32 * 2 ** 30, pods: 110 });
  expect(ecs?.spec.labels).toMatchObject({ pool: 'paid' });
});

test('which nodes make a unit', () => {
  const units = [
    { resource: 'ecs', nodeSelector: { pool: 'paid' } },
    { resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
    { resource: 'eci' },
  ] as const;
  const kinds: readonly NodeGroup[] = [
    ...groups,
    { kind: 'ecs', count: 1 },
    { kind: 'other', count: 1 },
    { kind: 'virtual', count: 1, labels: { pool: 'paid' } },
  ];
  const nodes = planNodes({ order: 'contiguous', groups: kinds });
  const unitOf = (group: NodeGroup): number | undefined =>
    unitIndexOf(units, nodes.find((node) => node.group === group)?.labels ?? {});
  expect(kinds.map(unitOf)).toEqual([2, 0, 1, undefined, 2]);
});
