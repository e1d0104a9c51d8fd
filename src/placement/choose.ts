/**
 * The choice of a unit for one pod. Pure: counts and candidate nodes come in, a decision with its reasons goes out.
 * The rules of whenTryNextUnits are those of the public ACK document on priority-based resource scheduling (398680).
 *
 * @module
 */
import type { Requests } from '../facts/requests.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import type { Fullness, Usage } from './usage.ts';
import { fullness } from './usage.ts';

/** Why a unit was passed over. */
export type PassedOver =
  /** The group holds as much of the unit as max or maxResources allow, reservations included. */
  | Fullness
  /** None of the nodes that kube-scheduler found feasible for the pod belongs to the unit. */
  | 'lacks-resources'
  /** The same, and the pod has waited for one as long as it may. */
  | 'timed-out';

export interface Verdict {
  readonly unit: Unit;
  readonly passedOver: PassedOver;
}

/** What a pod waits for in a unit although units after it may take it. */
export type WaitCause =
  /** A feasible node, for as long as it takes. */
  | 'resources'
  /** A feasible node, for at most the policy's timeout. */
  | 'resources-for-a-time'
  /** The end of the unit's terminating pods. */
  | 'terminating-pods'
  /** That kube-scheduler looks at a node which it did not offer. */
  | 'not-offered'
  /** That kube-scheduler evicts pods of lower priority there. */
  | 'preemption';

export type Choice =
  /** The unit, its feasible nodes, and why those before it were passed over. */
  | {
      readonly kind: 'chosen';
      readonly unit: Unit;
      readonly nodeNames: readonly string[];
      readonly verdicts: readonly Verdict[];
    }
  /** The pod's turn is at this unit, and it stays until the cause ends. */
  | {
      readonly kind: 'waiting';
      readonly unit: Unit;
      readonly cause: WaitCause;
      readonly verdicts: readonly Verdict[];
    }
  /** No unit takes the pod now; one verdict for each unit, in order. */
  | { readonly kind: 'refused'; readonly verdicts: readonly Verdict[] };

/** What the choice needs to see, asked for lazily: a unit at max costs no look at its nodes. */
export interface Sight {
  /** What the group has taken of the unit, the pod itself left out. */
  usage(unit: Unit): Usage;
  /** Candidate nodes of the unit, in kube-scheduler's order. */
  candidates(unit: Unit): readonly string[];
  /** Whether a terminating pod of the policy is on the unit's nodes. */
  hasTerminating(unit: Unit): boolean;
  /** For how long the pod has been waiting for resources in the unit, in milliseconds; 0: not yet. */
  waitedMs(unit: Unit): number;
  /** Whether a node of the unit that was not offered probably can take the pod, and kube-scheduler was asked about it. */
  seeks(unit: Unit): boolean;
  /** Whether preemption in the unit is due before the pod goes on: never under AfterAllUnits. */
  mayPreempt(unit: Unit): boolean;
  /** Whether pods are evicted for the pod in a later unit: it does not wait here again, or they were evicted in vain. */
  isPast(unit: Unit): boolean;
}

/**
 * Walks the units in order and takes the first that is below its limits and has a feasible node.
 *
 * @param units those that the pod may go to.
 */
export function chooseUnit(
  policy: ResourcePolicy,
  requests: Requests,
  sight: Sight,
  units: readonly Unit[] = policy.units,
): Choice {
  const verdicts: Verdict[] = [];
  for (const unit of units) {
    const full = fullness(unit, sight.usage(unit), requests);
    const nodeNames = full === undefined ? sight.candidates(unit) : [];
    if (nodeNames.length > 0) return { kind: 'chosen', unit, nodeNames, verdicts };
    const cause =
      full === undefined && sight.seeks(unit) ? 'not-offered' : waitCause(policy, unit, full, sight);
    if (cause !== undefined) return { kind: 'waiting', unit, cause, verdicts };
    verdicts.push({ unit, passedOver: full ?? lack(policy, unit, sight) });
  }
  return { kind: 'refused', verdicts };
}

/** Why a pod that the unit cannot take now stays with it; undefined: it goes on to the next. */
function waitCause(
  policy: ResourcePolicy,
  unit: Unit,
  full: Fullness | undefined,
  sight: Sight,
): WaitCause | undefined {
  if (sight.isPast(unit)) return undefined;
  if (policy.tryNext === 'LackResourceAndNoTerminating' && sight.hasTerminating(unit))
    return 'terminating-pods';
  if (sight.mayPreempt(unit)) return 'preemption';
  if (full !== undefined) return undefined;
  if (policy.tryNext === 'ExceedMax' && isLimited(unit)) return 'resources';
  const isInTime = sight.waitedMs(unit) < policy.timeout.ms;
  return hasTimeout(policy, unit) && isInTime ? 'resources-for-a-time' : undefined;
}

/** Why a unit below its limits was passed over. */
function lack(policy: ResourcePolicy, unit: Unit, sight: Sight): PassedOver {
  return hasTimeout(policy, unit) && !sight.isPast(unit) ? 'timed-out' : 'lacks-resources';
}

/** Whether a pod that lacks resources in the unit waits there for the policy's timeout before it goes on. */
function hasTimeout(policy: ResourcePolicy, unit: Unit): boolean {
  return unit.waitsForScaling || (policy.tryNext === 'TimeoutOrExceedMax' && isLimited(unit));
}

/** Whether max or maxResources are set. */
export function isLimited(unit: Unit): boolean {
  return unit.max !== undefined || unit.maxResources.length > 0;
}
