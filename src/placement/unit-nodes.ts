/**
 * Which nodes make up a unit. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { carriesAll } from '../facts/labels.ts';
import type { Unit } from '../policy/resource-policy.ts';

/** The part of a unit that selects nodes. Units that select alike share one node set. */
export type NodeRule = Pick<Unit, 'resource' | 'nodeSelector'>;

/**
 * Whether a node with these labels belongs to the unit: `ecs` and `elastic` are real nodes, `eci` and `acs` virtual
 * ones, an absent resource is both; nodeSelector narrows.
 *
 * @param virtualNodes labels by which virtual nodes are known, all of them.
 */
export function belongsTo(rule: NodeRule, nodeLabels: Labels, virtualNodes: Labels): boolean {
  if (rule.resource !== undefined) {
    const wantsVirtual = rule.resource === 'eci' || rule.resource === 'acs';
    if (carriesAll(nodeLabels, virtualNodes) !== wantsVirtual) return false;
  }
  return carriesAll(nodeLabels, rule.nodeSelector);
}
