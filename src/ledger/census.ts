/**
 * The figures of one policy as people read them: in its status, in `explain`, in metrics.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { GroupKey } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { PolicyState } from './policy-state.ts';

/** Conflicting pods that are looked at for the names of the other policies: the names are few, the pods may be many. */
const CONFLICTS_LOOKED_AT = 100;

export interface UnitFigures {
  /** Bound pods that count, of all groups. */
  readonly bound: number;
  /** Places held for pods that are not yet seen bound. */
  readonly reserved: number;
  /** Pods that wait in this unit, for its resources or its terminating pods, though later units may have room. */
  readonly waiting: number;
  /** Nodes of the unit now. */
  readonly nodes: number;
}

export interface GroupFigures {
  readonly key: GroupKey;
  /** Places taken by unit, bound and reserved. */
  readonly taken: readonly number[];
  /** Pods that hold no place. */
  readonly waiting: number;
}

export interface PolicyFigures {
  readonly policy: ResourcePolicy;
  /** By unit, in order. */
  readonly units: readonly UnitFigures[];
  /** Selected pods that hold no place, for whatever reason. */
  readonly waiting: number;
  /** Those of the waiting pods that another policy selects too. */
  readonly conflicting: number;
  /** Names of these other policies, sorted. */
  readonly conflictsWith: readonly string[];
  /** Those of the waiting pods that belong to no group, since they lack a label of matchLabelKeys (or the policy is invalid). */
  readonly ungrouped: number;
  /** Bound pods whose deletion cost is somebody else's and differs from their unit's. */
  readonly overriddenCosts: number;
  /** Groups with a pod. */
  readonly groupCount: number;
  /** The groups with the most pods, bound, reserved and waiting, first. */
  readonly groups: readonly GroupFigures[];
}

/** What the figures need beside the policy's own counts. */
export interface CensusSources {
  readonly mostGroups: number;
  readonly pod: (uid: string) => PodFacts | undefined;
  /** Whether a place is held for the pod: then it does not wait any more. */
  readonly holdsPlace: (uid: string) => boolean;
  /** Name of the unit in which a waiting pod stays; undefined: in none. */
  readonly waitingUnit: (uid: string) => string | undefined;
  /** All policies of the namespace. */
  readonly policies: readonly ResourcePolicy[];
}

export function figuresOf(state: PolicyState, sources: CensusSources): PolicyFigures {
  const { policy } = state;
  const groups = [...state.groups.values()];
  const waitingIn = new Map<string | undefined, number>();
  const figures = groups.map((group) => {
    const waiting = [...group.pending, ...group.held, ...group.outside].filter(
      (uid) => !sources.holdsPlace(uid),
    );
    for (const unit of waiting.map(sources.waitingUnit)) waitingIn.set(unit, (waitingIn.get(unit) ?? 0) + 1);
    return {
      key: group.key,
      taken: policy.units.map(({ index }) => group.taken(index)),
      waiting: waiting.length,
    };
  });
  const sum = (kind: 'bound' | 'reserved', unit: number): number =>
    groups.reduce((total, group) => total + (group[kind][unit] ?? 0), 0);
  return {
    policy,
    units: policy.units.map(({ index, name }) => ({
      bound: sum('bound', index),
      reserved: sum('reserved', index),
      waiting: waitingIn.get(name) ?? 0,
      nodes: state.nodeSets[index]?.names.size ?? 0,
    })),
    waiting:
      figures.reduce((total, { waiting }) => total + waiting, 0) +
      state.conflicting.size +
      state.ungrouped.size,
    conflicting: state.conflicting.size,
    conflictsWith: otherPolicies(state, sources),
    ungrouped: state.ungrouped.size,
    overriddenCosts: state.overridden.size,
    groupCount: groups.length,
    groups: figures
      .toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.key < b.key ? -1 : 1))
      .slice(0, sources.mostGroups),
  };
}

function sizeOf({ taken, waiting }: GroupFigures): number {
  return taken.reduce((total, count) => total + count, waiting);
}

function otherPolicies(state: PolicyState, { pod, policies }: CensusSources): readonly string[] {
  const names = new Set<string>();
  for (const uid of [...state.conflicting].slice(0, CONFLICTS_LOOKED_AT)) {
    const labels = pod(uid)?.labels ?? {};
    for (const other of policies) {
      if (other.name !== state.policy.name && selects(other, labels)) names.add(other.name);
    }
  }
  return [...names].toSorted();
}
