/**
 * The sentences users read in FailedScheduling events. Pure, and constant per state: they hold names and limits of
 * policy and units, never a count, a time or a list in random order. kube-scheduler patches the pod when the text
 * differs from the last one, and that patch makes it try again: a text that changes is an endless loop.
 *
 * @module
 */
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import type { Verdict, WaitCause } from './choose.ts';

/** E.g. `ResourcePolicy spark: unit 1 ecs is at max 2, unit 2 eci has no feasible node (per job-id)`. */
export function refusalText(policy: ResourcePolicy, verdicts: readonly Verdict[]): string {
  return sentence(policy, verdictTexts(policy, verdicts));
}

/** E.g. `ResourcePolicy spark: unit 1 ecs has no feasible node, waiting there for up to 15m`. */
export function waitingText(
  policy: ResourcePolicy,
  verdicts: readonly Verdict[],
  { unit, cause }: { readonly unit: Unit; readonly cause: WaitCause },
): string {
  return sentence(policy, [...verdictTexts(policy, verdicts), `${nameOf(unit)} ${causeText(policy, cause)}`]);
}

/** Whether kube-scheduler's last word on a pod holds one of these sentences, whichever process said it. */
export function isRefusal(lastWord: string): boolean {
  return lastWord.includes('ResourcePolicy ');
}

/** Why a unit was chosen: what became of those before it. */
export function choiceText(policy: ResourcePolicy, passedOver: readonly Verdict[]): string {
  return passedOver.length === 0 ? 'first unit, below max' : verdictTexts(policy, passedOver).join(', ');
}

function sentence(policy: ResourcePolicy, parts: readonly string[]): string {
  const per = policy.matchLabelKeys.length === 0 ? '' : ` (per ${policy.matchLabelKeys.join(', ')})`;
  return `ResourcePolicy ${policy.name}: ${parts.join(', ')}${per}`;
}

function verdictTexts(policy: ResourcePolicy, verdicts: readonly Verdict[]): string[] {
  return verdicts.map((verdict) => `${nameOf(verdict.unit)} ${verdictText(policy, verdict)}`);
}

/** E.g. `unit 2 eci`. */
export function nameOf(unit: Unit): string {
  return `unit ${unit.index + 1} ${unit.name}`;
}

export function verdictText(policy: ResourcePolicy, { unit, passedOver }: Verdict): string {
  switch (passedOver) {
    case 'at-max':
      return `is at max ${unit.max ?? 0}`;
    case 'at-max-resources':
      return `has no room left in maxResources ${limitsText(unit)}`;
    case 'lacks-resources':
      return 'has no feasible node';
    case 'timed-out':
      return `has had no feasible node for ${policy.timeout.text}`;
  }
}

export function causeText(policy: ResourcePolicy, cause: WaitCause): string {
  switch (cause) {
    case 'resources':
      return 'has no feasible node, waiting for one';
    case 'resources-for-a-time':
      return `has no feasible node, waiting for one up to ${policy.timeout.text}`;
    case 'terminating-pods':
      return 'has terminating pods, waiting for their end';
    case 'not-offered':
      return 'has a node that was not offered, asking kube-scheduler to look at it';
    case 'preemption':
      return 'lacks room, trying preemption there';
  }
}

/** E.g. `cpu 4, memory 8Gi`. */
export function limitsText(unit: Unit): string {
  return unit.maxResources.map(({ resource, text }) => `${resource} ${text}`).join(', ');
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
