/**
 * The sentences users read in FailedScheduling events. Pure, and constant per state: they hold names and limits of
 * policy and units, never a count, a time or a list in random order. kube-scheduler patches the pod when the text
 * differs from the last one, and that patch makes it try again: a text that changes is an endless loop.
 *
 * @module
 */
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Verdict } from './choose.ts';

/** E.g. `ResourcePolicy spark: unit 1 ecs is at max 2, unit 2 eci has no feasible node (per job-id)`. */
export function refusalText(policy: ResourcePolicy, verdicts: readonly Verdict[]): string {
  const per = policy.matchLabelKeys.length === 0 ? '' : ` (per ${policy.matchLabelKeys.join(', ')})`;
  return `ResourcePolicy ${policy.name}: ${verdictsText(verdicts)}${per}`;
}

/** Why a unit was chosen: what became of those before it. */
export function choiceText(passedOver: readonly Verdict[]): string {
  return passedOver.length === 0 ? 'first unit, below max' : verdictsText(passedOver);
}

function verdictsText(verdicts: readonly Verdict[]): string {
  return verdicts.map(verdictText).join(', ');
}

function verdictText({ unit, passedOver }: Verdict): string {
  const name = `unit ${unit.index + 1} ${unit.name}`;
  return passedOver === 'at-max' ? `${name} is at max ${unit.max ?? 0}` : `${name} has no feasible node`;
}

export function conflictText(policies: readonly ResourcePolicy[]): string {
  const names = policies.map((policy) => policy.name).join(', ');
  return `more than one ResourcePolicy selects this pod: ${names}; change their selectors so that one does`;
}

export function missingLabelText(policy: ResourcePolicy, label: string): string {
  return `ResourcePolicy ${policy.name}: the pod lacks the label ${label} of matchLabelKeys, so it belongs to no group`;
}

export function invalidPolicyText(policy: ResourcePolicy): string {
  return `ResourcePolicy ${policy.name} is invalid: ${policy.problems.join('; ')}`;
}

export function notInUnitText(policy: ResourcePolicy, nodeName: string): string {
  return `ResourcePolicy ${policy.name}: node ${nodeName} belongs to no unit`;
}
