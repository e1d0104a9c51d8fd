/**
 * Lint rules about the fields of a policy beside its units. Pure.
 *
 * @module
 */
import { labelOf } from '../facts/labels.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { isLimited } from './choose.ts';
import type { Finding } from './finding.ts';
import { aboutLabels } from './lint-units.ts';

/** What whenTryNextUnits.timeout is when it is not set. */
const DEFAULT_TIMEOUT_MS = 900_000;

export function lintFields(policy: ResourcePolicy): readonly Finding[] {
  return [...selection(policy), ...grouping(policy), ...waiting(policy), ...unenforced(policy)];
}

function selection(policy: ResourcePolicy): readonly Finding[] {
  const { selector, matchExpressions, matchLabelKeys } = policy;
  if (!selects(aboutLabels(policy, selector), selector)) {
    const message = 'it excludes what selector asks for, so the policy selects no pod; remove one of the two';
    return [{ code: 'selects-no-pod', path: 'spec.matchExpressions', message }];
  }
  const isEmpty = Object.keys(selector).length === 0 && matchExpressions.length === 0;
  if (!isEmpty || matchLabelKeys.length === 0) return [];
  const message =
    `it is empty, so the policy selects every pod of the namespace and keeps those without ${matchLabelKeys.join(', ')} ` +
    'from being scheduled; select only pods that carry it';
  return [{ code: 'refuses-others', path: 'spec.selector', message }];
}

function grouping(policy: ResourcePolicy): readonly Finding[] {
  const { matchLabelKeys, selector, ignorePreviousPod, units } = policy;
  const findings: Finding[] = [];
  if (!units.some(isLimited)) {
    const why = 'has no effect on the order: no unit has max or maxResources; set one, or remove this';
    if (matchLabelKeys.length > 0)
      findings.push({ code: 'no-limit', path: 'spec.matchLabelKeys', message: why });
    if (ignorePreviousPod) findings.push({ code: 'no-limit', path: 'spec.ignorePreviousPod', message: why });
  } else if (
    matchLabelKeys.length > 0 &&
    matchLabelKeys.every((key) => labelOf(selector, key) !== undefined)
  ) {
    const message =
      'selector gives these labels one value, so all pods are one group and share every max; ' +
      'name a label that differs from job to job';
    findings.push({ code: 'one-group', path: 'spec.matchLabelKeys', message });
  }
  return findings;
}

/** Only units that others follow matter: in the last one a pod waits in any case. */
function waiting(policy: ResourcePolicy): readonly Finding[] {
  const { tryNext, timeout, units } = policy;
  const followed = units.slice(0, -1);
  const isSwitched = followed.some((unit) => unit.waitsForScaling);
  const isAboutLimits = tryNext === 'ExceedMax' || tryNext === 'TimeoutOrExceedMax';
  const findings: Finding[] = [];
  if (isAboutLimits && !isSwitched && !followed.some(isLimited)) {
    const message =
      `${tryNext} acts as LackResourceOrExceedMax here: pods wait only in a unit with max or maxResources that ` +
      'another unit follows; set one, or remove this';
    findings.push({ code: 'waits-nowhere', path: 'spec.whenTryNextUnits.policy', message });
  }
  if (timeout.ms !== DEFAULT_TIMEOUT_MS && tryNext !== 'TimeoutOrExceedMax' && !isSwitched) {
    const message = `${timeout.text} has no effect under ${tryNext}; set policy TimeoutOrExceedMax, or remove it`;
    findings.push({ code: 'timeout-without-effect', path: 'spec.whenTryNextUnits.timeout', message });
  }
  return findings;
}

function unenforced(policy: ResourcePolicy): readonly Finding[] {
  return policy.unenforced.map((path) => ({
    code: 'not-enforced',
    path,
    message: 'is accepted and not acted upon, as no document says what it does; remove it',
  }));
}
