import { describe, expect, it } from 'vitest';
import {
  DELETION_COST_ANNOTATION,
  OWN_COST_ANNOTATION,
  POLICY_ANNOTATION,
  UNIT_ANNOTATION,
} from '../../src/facts/annotations.ts';
import type { Labels } from '../../src/facts/labels.ts';
import { bearsMarks, marksOf } from '../../src/placement/marks.ts';
import type { Unit } from '../../src/policy/resource-policy.ts';
import type { PodBuilder, UnitSpec } from '../support/builders.ts';
import { aPod, aPolicy } from '../support/builders.ts';

const WAIT_SWITCH = 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling';
const COMPUTE_CLASS = 'alibabacloud.com/compute-class';
const COMPUTE_QOS = 'alibabacloud.com/compute-qos';

/** Stands before the unit of a case where that is the second one. */
const FIRST: UnitSpec = { resource: 'ecs', max: 1 };
const pod = aPod('e1');

function unitsOf(...units: readonly UnitSpec[]): readonly Unit[] {
  return aPolicy('spark').spec({ units }).parsed().units;
}

const place = (unit: string): Labels => ({ [POLICY_ANNOTATION]: 'spark', [UNIT_ANNOTATION]: unit });
const cost = (value: number): Labels => ({
  [DELETION_COST_ANNOTATION]: String(value),
  [OWN_COST_ANNOTATION]: String(value),
});

interface Case {
  readonly units: readonly UnitSpec[];
  readonly pod?: PodBuilder;
  readonly labels?: Labels;
  readonly annotations: Labels;
}

describe('what the Binding to the last unit writes', () => {
  const cases: Record<string, Case> = {
    'the place alone for the first unit, whose pods go last': {
      units: [FIRST],
      annotations: place('ecs'),
    },
    'a cost and whose it is for the second': {
      units: [FIRST, { resource: 'eci' }],
      annotations: { ...place('eci'), ...cost(-100) },
    },
    'a lower cost for the third': {
      units: [FIRST, { resource: 'eci', max: 1 }, {}],
      annotations: { ...place('any'), ...cost(-200) },
    },
    'no cost beside the user’s': {
      units: [FIRST, { resource: 'eci' }],
      pod: pod.deletionCost(7),
      annotations: place('eci'),
    },
    'no cost beside a user’s 0': {
      units: [FIRST, { resource: 'eci' }],
      pod: pod.deletionCost(0),
      annotations: place('eci'),
    },
    'podLabels and podAnnotations': {
      units: [{ ...FIRST, podLabels: { tier: 'a' }, podAnnotations: { note: 'b', more: 'c' } }],
      labels: { tier: 'a' },
      annotations: { ...place('ecs'), note: 'b', more: 'c' },
    },
    'podLabels and podAnnotations over what the pod brought': {
      units: [{ ...FIRST, podLabels: { tier: 'a' }, podAnnotations: { note: 'b' } }],
      pod: pod.labelled({ tier: 'z' }).annotated({ note: 'z' }),
      labels: { tier: 'a' },
      annotations: { ...place('ecs'), note: 'b' },
    },
    'not the wait switch': {
      units: [{ ...FIRST, podLabels: { [WAIT_SWITCH]: 'true', tier: 'a' } }],
      labels: { tier: 'a' },
      annotations: place('ecs'),
    },
    'the record of the place, whatever podAnnotations say of it': {
      units: [{ ...FIRST, podAnnotations: { [UNIT_ANNOTATION]: 'forged', [POLICY_ANNOTATION]: 'forged' } }],
      annotations: place('ecs'),
    },
    'the compute class and quality of ACS': {
      units: [{ resource: 'acs' }],
      labels: { [COMPUTE_CLASS]: 'general-purpose', [COMPUTE_QOS]: 'default' },
      annotations: place('acs'),
    },
    'the unit’s compute class where it has one': {
      units: [{ resource: 'acs', podLabels: { [COMPUTE_CLASS]: 'gpu' } }],
      labels: { [COMPUTE_CLASS]: 'gpu', [COMPUTE_QOS]: 'default' },
      annotations: place('acs'),
    },
    'no compute class beside the pod’s own': {
      units: [{ resource: 'acs' }],
      pod: pod.labelled({ [COMPUTE_CLASS]: 'performance' }),
      labels: { [COMPUTE_QOS]: 'default' },
      annotations: place('acs'),
    },
    'no compute class outside ACS': {
      units: [{ resource: 'eci' }],
      annotations: place('eci'),
    },
  };

  it.for(Object.entries(cases))('%s', ([, { units, pod: given = pod, labels = {}, annotations }]) => {
    const policy = aPolicy('spark').spec({ units }).parsed();

    expect(marksOf(given.facts(), policy, policy.units.at(-1)!)).toEqual({ labels, annotations });
  });
});

describe('a pod bears the marks of its unit', () => {
  const marked: UnitSpec = { ...FIRST, podLabels: { tier: 'a', kind: 'x' }, podAnnotations: { note: 'b' } };
  const labelled = pod.labelled({ tier: 'a', kind: 'x' });
  const cases: Record<string, { unit?: UnitSpec; pod: PodBuilder; want: boolean }> = {
    'when it has all of them': { pod: labelled.annotated({ note: 'b' }), want: true },
    'when it has more besides': { pod: labelled.labelled({ z: 'z' }).annotated({ note: 'b' }), want: true },
    'not without one of the labels': {
      pod: pod.labelled({ tier: 'a' }).annotated({ note: 'b' }),
      want: false,
    },
    'not without the annotation': { pod: labelled, want: false },
    'not with another value of a label': {
      pod: labelled.labelled({ kind: 'y' }).annotated({ note: 'b' }),
      want: false,
    },
    'not with another value of the annotation': { pod: labelled.annotated({ note: 'c' }), want: false },
    'always, of a unit that writes none': { unit: FIRST, pod, want: true },
    'without the wait switch, which is none': {
      unit: { ...FIRST, podLabels: { [WAIT_SWITCH]: 'true' } },
      pod,
      want: true,
    },
    'without the labels of ACS, which it may have changed': { unit: { resource: 'acs' }, pod, want: true },
  };

  it.for(Object.entries(cases))('%s', ([, { unit = marked, pod: given, want }]) => {
    const [parsed] = unitsOf(unit);

    expect(bearsMarks(given.facts(), parsed!)).toBe(want);
  });

  it('once the Binding was written, whatever it writes', () => {
    const policy = aPolicy('spark')
      .unit({ ...marked, resource: 'acs' })
      .parsed();
    const unit = policy.units[0]!;
    const { labels, annotations } = marksOf(pod.facts(), policy, unit);

    expect(bearsMarks(pod.labelled(labels).annotated(annotations).facts(), unit)).toBe(true);
  });
});
