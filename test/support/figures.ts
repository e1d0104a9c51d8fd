/**
 * Figures of a policy, as the ledger would count them: nothing but what a test says.
 *
 * @module
 */
import type { GroupFigures, PolicyFigures, UnitFigures } from '../../src/ledger/census.ts';
import type { PolicyBuilder } from './builders.ts';

export interface FiguresSpec extends Partial<Omit<PolicyFigures, 'policy' | 'units' | 'groups'>> {
  /** By unit, in order; what is not given is 0, nodes 1. */
  readonly units?: readonly Partial<UnitFigures>[];
  readonly groups?: readonly GroupFigures[];
}

export function figuresOf(policy: PolicyBuilder, { units = [], ...rest }: FiguresSpec = {}): PolicyFigures {
  const parsed = policy.parsed();
  return {
    policy: parsed,
    units: parsed.units.map(({ index }) => ({
      bound: 0,
      reserved: 0,
      waiting: 0,
      nodes: 1,
      ...units[index],
    })),
    waiting: 0,
    conflicting: 0,
    conflictsWith: [],
    ungrouped: 0,
    overriddenCosts: 0,
    groupCount: rest.groups?.length ?? 0,
    groups: [],
    ...rest,
  };
}
