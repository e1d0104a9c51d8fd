/**
 * What a Binding writes on a pod beside its node: the record of its place, its deletion cost, and the labels and
 * annotations of its unit. Pure.
 *
 * @module
 */
import {
  DELETION_COST_ANNOTATION,
  OWN_COST_ANNOTATION,
  POLICY_ANNOTATION,
  UNIT_ANNOTATION,
} from '../facts/annotations.ts';
import type { Labels } from '../facts/labels.ts';
import { carriesAll } from '../facts/labels.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { deletionCost } from './scale-in.ts';

/** ACK gives pods of an acs unit these labels; the values are the defaults of ACS. */
const ACS_LABELS: Labels = {
  'alibabacloud.com/compute-class': 'general-purpose',
  'alibabacloud.com/compute-qos': 'default',
};

export interface Marks {
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** Existing values are overwritten, except a deletion cost of the user's and the pod's own class of ACS. */
export function marksOf(pod: PodFacts, policy: ResourcePolicy, unit: Unit): Marks {
  const cost = pod.deletionCost === undefined ? deletionCost(unit) : undefined;
  return {
    labels: { ...(unit.resource === 'acs' ? without(ACS_LABELS, pod.labels) : {}), ...unit.podLabels },
    annotations: {
      ...unit.podAnnotations,
      [POLICY_ANNOTATION]: policy.name,
      [UNIT_ANNOTATION]: unit.name,
      ...(cost === undefined
        ? {}
        : { [DELETION_COST_ANNOTATION]: String(cost), [OWN_COST_ANNOTATION]: String(cost) }),
    },
  };
}

/** Whether a bound pod bears what the unit writes: only such pods count in it, as on ACK. */
export function bearsMarks(pod: PodFacts, unit: Unit): boolean {
  return carriesAll(pod.labels, unit.podLabels) && carriesAll(pod.annotations, unit.podAnnotations);
}

function without(labels: Labels, present: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !Object.hasOwn(present, key)));
}
