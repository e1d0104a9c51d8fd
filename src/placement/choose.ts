/**
 * The choice of a unit for one pod. Pure: counts and candidate nodes come in, a decision with its reasons goes out.
 *
 * @module
 */
import type { Unit } from '../policy/resource-policy.ts';

/** Why a unit was passed over. */
export type PassedOver =
  /** The group holds `max` pods of the unit already, reservations included. */
  | 'at-max'
  /** None of the nodes that kube-scheduler found feasible for the pod belongs to the unit. */
  | 'lacks-resources';

export interface Verdict {
  readonly unit: Unit;
  readonly passedOver: PassedOver;
}

export type Choice =
  /** The unit, its feasible nodes, and why those before it were passed over. */
  | {
      readonly kind: 'chosen';
      readonly unit: Unit;
      readonly nodeNames: readonly string[];
      readonly verdicts: readonly Verdict[];
    }
  /** No unit takes the pod now; one verdict for each unit, in order. */
  | { readonly kind: 'refused'; readonly verdicts: readonly Verdict[] };

/** What the choice needs to see of the cluster, asked for lazily: a unit at max costs no look at its nodes. */
export interface Sight {
  /** Pods of the group that count in the unit, reservations included, the pod itself left out. */
  taken(unit: Unit): number;
  /** Candidate nodes of the unit, in kube-scheduler's order. */
  candidates(unit: Unit): readonly string[];
}

/**
 * Walks the units in order and takes the first that is below its max and has a feasible node
 * (whenTryNextUnits LackResourceOrExceedMax, ACK's default: go on when count ≥ max or the unit lacks resources).
 */
export function chooseUnit(units: readonly Unit[], sight: Sight): Choice {
  const verdicts: Verdict[] = [];
  for (const unit of units) {
    if (isFull(unit, sight.taken(unit))) {
      verdicts.push({ unit, passedOver: 'at-max' });
      continue;
    }
    const nodeNames = sight.candidates(unit);
    if (nodeNames.length > 0) return { kind: 'chosen', unit, nodeNames, verdicts };
    verdicts.push({ unit, passedOver: 'lacks-resources' });
  }
  return { kind: 'refused', verdicts };
}

/** An absent max is never reached; a max of 0 always is. */
export function isFull(unit: Unit, taken: number): boolean {
  return unit.max !== undefined && taken >= unit.max;
}
