/**
 * Lint rules that need the cluster's nodes. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { labelOf } from '../facts/labels.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { isLimited } from './choose.ts';
import type { Finding, NamedNode } from './finding.ts';
import { includes, isContradictory, isTranche, overlap, pathOf } from './lint-units.ts';
import { belongsTo } from './unit-nodes.ts';

/** Values of a label that a message lists; the rest would bury it. */
const MOST_VALUES = 5;

/** @param nodes all nodes of the cluster; none means that it has none. */
export function lintNodes(
  policy: ResourcePolicy,
  virtualNodes: Labels,
  nodes: readonly NamedNode[],
): readonly Finding[] {
  const units = policy.units.filter((unit) => !isContradictory(unit, virtualNodes));
  const nodesOf = new Map(
    units.map((unit) => [unit, nodes.filter(({ labels }) => belongsTo(unit, labels, virtualNodes))]),
  );
  return units.flatMap((unit) => {
    const own = nodesOf.get(unit) ?? [];
    if (own.length === 0) return unit.waitsForScaling ? [] : [withoutNode(policy, unit, virtualNodes, nodes)];
    for (const earlier of units.slice(0, units.indexOf(unit))) {
      if (!isLimited(earlier) || isTranche(earlier, unit)) continue;
      // What follows from the selectors alone is said without any node.
      if (includes(earlier, unit) || includes(unit, earlier)) continue;
      const shared = own.filter((node) => nodesOf.get(earlier)?.includes(node)).map(({ name }) => name);
      const [example] = shared.toSorted();
      if (example !== undefined) return [overlap(earlier, unit, example)];
    }
    return [];
  });
}

function withoutNode(
  policy: ResourcePolicy,
  unit: Unit,
  virtualNodes: Labels,
  nodes: readonly NamedNode[],
): Finding {
  const ofKind = nodes.filter(({ labels }) => belongsTo({ ...unit, nodeSelector: {} }, labels, virtualNodes));
  const isSelectorAtFault = ofKind.length > 0;
  const path = `${pathOf(unit)}.${isSelectorAtFault ? 'nodeSelector' : 'resource'}`;
  const why = isSelectorAtFault
    ? selectorText(unit, ofKind)
    : `the cluster has no node of resource ${unit.resource ?? 'any'}`;
  const wayOut = isSelectorAtFault ? 'correct it, or label nodes so' : 'add such nodes, or remove the unit';
  const { code, effect } = effectOf(policy, unit);
  return { code, path, message: `${why}, so ${effect}; ${wayOut}` };
}

/** The label that is at fault where one alone is, with the values that nodes have. */
function selectorText(unit: Unit, nodes: readonly NamedNode[]): string {
  const entries = Object.entries(unit.nodeSelector);
  const missing = entries.find(([key, value]) => nodes.every(({ labels }) => labelOf(labels, key) !== value));
  if (missing === undefined) return 'no node of the cluster carries all of these labels together';
  const [key, value] = missing;
  const values = [...new Set(nodes.flatMap(({ labels }) => labelOf(labels, key) ?? []))].toSorted();
  const listed = values.length > MOST_VALUES ? [...values.slice(0, MOST_VALUES), '…'] : values;
  const others = values.length === 0 ? 'none has that label' : `they have ${listed.join(', ')}`;
  return `no node of the cluster carries ${key}=${value} (${others})`;
}

function effectOf(
  policy: ResourcePolicy,
  unit: Unit,
): { code: 'no-node' | 'waits-without-node'; effect: string } {
  const isLast = unit.index === policy.units.length - 1;
  if (isLast || !isLimited(unit)) return { code: 'no-node', effect: 'no pod is placed in the unit' };
  switch (policy.tryNext) {
    case 'ExceedMax':
      return {
        code: 'waits-without-node',
        effect: 'under ExceedMax every pod waits here for ever and none gets to the units after it',
      };
    case 'TimeoutOrExceedMax':
      return {
        code: 'waits-without-node',
        effect: `under TimeoutOrExceedMax every pod waits here ${policy.timeout.text} before it goes on`,
      };
    case 'LackResourceOrExceedMax':
    case 'LackResourceAndNoTerminating':
      return { code: 'no-node', effect: 'no pod is placed in the unit' };
  }
}
