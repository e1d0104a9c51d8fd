/**
 * What users write who have no ResourcePolicy: preferred nodeAffinity to the nodes of the first units.
 *
 * @module
 */
import type { UnitForm } from '../workload/format.ts';

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn';
  readonly values: readonly string[];
}

/**
 * A preference for each unit but the last, of falling weight. With two units, ECS and ECI, it is the one that ACK's
 * documentation gives for Spark jobs: weight 1 for nodes that are not virtual.
 */
export function preferredAffinity(units: readonly UnitForm[]): object {
  const preferred = units.slice(0, -1).map((unit, index) => ({
    weight: units.length - 1 - index,
    preference: { matchExpressions: requirements(unit) },
  }));
  return { preferredDuringSchedulingIgnoredDuringExecution: preferred };
}

function requirements({ resource, nodeSelector = {} }: UnitForm): readonly Requirement[] {
  const virtual = { key: 'type', values: ['virtual-kubelet'] };
  return [
    ...(resource === 'ecs' ? [{ ...virtual, operator: 'NotIn' as const }] : []),
    ...(resource === 'eci' ? [{ ...virtual, operator: 'In' as const }] : []),
    ...Object.entries(nodeSelector).map(([key, value]) => ({
      key,
      operator: 'In' as const,
      values: [value],
    })),
  ];
}
