/**
 * The nodes of a workload. kube-scheduler goes over nodes in the order in which it learnt of them, which is the order
 * of their names when it starts; so names say where a node stands.
 *
 * @module
 */
import type { NodeSpec } from '../../test/control-plane/nodes.ts';
import { ecsNode, virtualNode } from '../../test/control-plane/nodes.ts';
import type { NodeGroup } from './format.ts';
import type { Amounts } from './quantity.ts';
import { parseAmounts } from './quantity.ts';

export interface NodeLayout {
  /** `contiguous`: group after group. `scattered`: every group is spread evenly over all places. */
  readonly order: 'contiguous' | 'scattered';
  readonly groups: readonly NodeGroup[];
}

/** A node of a workload. */
export interface PlannedNode {
  readonly spec: NodeSpec;
  readonly group: NodeGroup;
  /** All labels that units can look at. */
  readonly labels: Readonly<Record<string, string>>;
  readonly allocatable: Amounts;
}

/** kube-scheduler's order, from 0, is that of the names. */
export function planNodes({ order, groups }: NodeLayout): readonly PlannedNode[] {
  const sequence = order === 'contiguous' ? groups.flatMap(repeated) : spread(groups);
  return sequence.map((group, index) => {
    const name = `cn-hangzhou.${String(index).padStart(5, '0')}.${group.kind}`;
    const spec = specOf(group, name);
    return { spec, group, labels: groupLabels(group), allocatable: parseAmounts(spec.allocatable) };
  });
}

/** The labels that every node of the group has, as far as units look at them. */
export function groupLabels(group: NodeGroup): Readonly<Record<string, string>> {
  // Beside its preset's, each node has what createNodes gives to all.
  return { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux', ...specOf(group, '').labels };
}

function specOf(group: NodeGroup, name: string): NodeSpec {
  const { kind, cpu, memory, pods } = group;
  const allocatable = Object.fromEntries(
    Object.entries({ cpu, memory, pods }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
  const overrides = { labels: group.labels ?? {}, allocatable };
  if (kind === 'virtual') return virtualNode(name, overrides);
  // Another architecture keeps `other` nodes out of units that select amd64.
  const arch = kind === 'other' ? { 'kubernetes.io/arch': 'arm64' } : {};
  return ecsNode(name, { ...overrides, labels: { ...arch, ...overrides.labels } });
}

function repeated(group: NodeGroup): NodeGroup[] {
  return Array.from({ length: group.count }, () => group);
}

/** At each place stands the group that is furthest behind its share. */
function spread(groups: readonly NodeGroup[]): NodeGroup[] {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const placed = groups.map(() => 0);
  return Array.from({ length: total }, (_, place) => {
    const lag = groups.map(({ count }, index) => (count / total) * (place + 0.5) - (placed[index] ?? 0));
    const behind = lag.indexOf(Math.max(...lag));
    placed[behind] = (placed[behind] ?? 0) + 1;
    const group = groups[behind];
    if (group === undefined) throw new Error('no groups');
    return group;
  });
}
