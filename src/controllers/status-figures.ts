/**
 * The figures of a policy in the form of its status: what `kubectl get resourcepolicy` answers. Pure; of bounded size,
 * whatever the number of pods and groups.
 *
 * @module
 */
import type { PolicyFigures } from '../ledger/census.ts';
import { deletionCost } from '../placement/scale-in.ts';

/** Most groups listed in a status; `groupCount` tells how many there are. The CRD's maxItems. */
export const MOST_GROUPS = 50;

export interface UnitStatus {
  /** Place in the order, from 0. */
  readonly index: number;
  readonly name: string;
  /** Places taken in all groups: bound pods that count, and places held for pods on their way. */
  readonly used: number;
  /** Most pods of each group; absent: no limit. */
  readonly max?: number;
  /** Pods that wait in this unit though later ones may have room. */
  readonly waiting: number;
  readonly nodes: number;
  /** Deletion cost of the unit's pods; 0 stands for none. */
  readonly deletionCost: number;
}

export interface GroupStatus {
  /** Values of the matchLabelKeys labels, joined with a comma. */
  readonly key: string;
  /** Places taken, by unit. */
  readonly used: readonly number[];
  /** Pods that hold no place. */
  readonly waiting: number;
}

export interface StatusFigures {
  /** Used and max of each unit in order, e.g. `2/2, 5/-`; max is that of all groups together, `-` is no limit. */
  readonly summary: string;
  /** Selected pods that hold no place. */
  readonly waiting: number;
  readonly units: readonly UnitStatus[];
  /** The largest groups first; empty without matchLabelKeys. */
  readonly groups: readonly GroupStatus[];
  /** Groups with a pod. */
  readonly groupCount: number;
}

export function statusFigures(figures: PolicyFigures): StatusFigures {
  const { policy, waiting, groupCount } = figures;
  const units = policy.units.map((unit): UnitStatus => {
    const of = figures.units[unit.index];
    return {
      index: unit.index,
      name: unit.name,
      used: (of?.bound ?? 0) + (of?.reserved ?? 0),
      ...(unit.max === undefined ? {} : { max: unit.max }),
      waiting: of?.waiting ?? 0,
      nodes: of?.nodes ?? 0,
      deletionCost: deletionCost(unit) ?? 0,
    };
  });
  const groups = policy.matchLabelKeys.length === 0 ? [] : figures.groups.slice(0, MOST_GROUPS);
  return {
    summary: units.map((unit) => usedOfMax(unit, groupCount)).join(', '),
    waiting,
    units,
    groups: groups.map(({ key, taken, waiting: groupWaiting }) => ({
      key,
      used: [...taken],
      waiting: groupWaiting,
    })),
    groupCount,
  };
}

/** With no group yet it is the max of the first one to come: 0/0 would look full. */
function usedOfMax({ used, max }: UnitStatus, groupCount: number): string {
  return `${used}/${max === undefined ? '-' : max * Math.max(1, groupCount)}`;
}
