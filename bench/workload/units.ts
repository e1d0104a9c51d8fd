/**
 * Which nodes make a unit, told apart by what ACK's document says and by nothing else: the benchmark judges placements
 * with a reading of its own.
 *
 * @module
 */
import type { UnitForm } from './format.ts';

type Labels = Readonly<Record<string, string>>;

/** The label by which virtual nodes are known. */
const VIRTUAL = { key: 'type', value: 'virtual-kubelet' } as const;

/** Whether a node with these labels is a virtual one. */
export function isVirtual(labels: Labels): boolean {
  return labels[VIRTUAL.key] === VIRTUAL.value;
}

/** The first unit that a node with these labels belongs to; undefined: none. */
export function unitIndexOf(units: readonly UnitForm[], labels: Labels): number | undefined {
  const index = units.findIndex((unit) => belongs(unit, labels));
  return index === -1 ? undefined : index;
}

function belongs({ resource, nodeSelector = {} }: UnitForm, labels: Labels): boolean {
  if (resource !== undefined && (resource === 'eci') !== isVirtual(labels)) return false;
  return Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
}

/** What a unit is, in a word or two for tables and charts. */
export function unitTitle({ resource, nodeSelector }: UnitForm): string {
  const selector = Object.values(nodeSelector ?? {}).join(' ');
  return [resource?.toUpperCase(), selector].filter((part) => part !== undefined && part !== '').join(' ');
}
