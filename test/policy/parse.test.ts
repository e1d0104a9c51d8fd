import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import { policyKey } from '../../src/policy/resource-policy.ts';
import type { UnitSpec } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/spark-pi/resourcepolicy.yaml');
const ECS: UnitSpec = { resource: 'ecs' };

/** What a unit says of itself when its author wrote nothing about it. */
const PLAIN = { maxResources: [], podLabels: {}, podAnnotations: {}, waitsForScaling: false } as const;

/** A policy without problems, to be spoilt in one place. */
const sound = aPolicy('spark').unit({ resource: 'ecs', max: 2 });

function nameOfLast(units: readonly UnitSpec[]): string | undefined {
  return sound.spec({ units }).parsed().units.at(-1)?.name;
}

describe('a policy as the API server hands it out', () => {
  it('reads the policy of ACK’s document', () => {
    const { metadata, spec } = parseYaml(readFileSync(EXAMPLE, 'utf8'));

    const policy = parseResourcePolicy({
      metadata: {
        ...metadata,
        uid: 'uid-1',
        resourceVersion: '7',
        generation: 3,
        creationTimestamp: '2026-01-01T00:00:05Z',
      },
      spec,
    });

    expect(policy).toEqual({
      uid: 'uid-1',
      namespace: 'default',
      name: 'sparkapplication-resource-policy',
      resourceVersion: '7',
      generation: 3,
      createdMs: Date.UTC(2026, 0, 1, 0, 0, 5),
      selector: { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' },
      matchExpressions: [],
      matchLabelKeys: ['sparkoperator.k8s.io/submission-id'],
      tryNext: 'LackResourceOrExceedMax',
      timeout: { ms: 900_000, text: '15m' },
      preemptPolicy: 'AfterAllUnits',
      ignorePreviousPod: true,
      ignoreTerminatingPod: false,
      units: [
        {
          ...PLAIN,
          index: 0,
          name: 'ecs(kubernetes.io/arch=amd64)',
          resource: 'ecs',
          nodeSelector: { 'kubernetes.io/arch': 'amd64' },
          max: 2,
        },
        { ...PLAIN, index: 1, name: 'eci', resource: 'eci', nodeSelector: {}, max: 3 },
      ],
      unenforced: [],
      conditions: [],
      problems: [],
    });
  });

  it('fills in what ACK documents as defaults', () => {
    const policy = parseResourcePolicy({
      metadata: { uid: 'uid-1', namespace: 'jobs', name: 'p' },
      spec: { units: [ECS] },
    });

    expect(policy).toEqual({
      uid: 'uid-1',
      namespace: 'jobs',
      name: 'p',
      resourceVersion: '',
      generation: 0,
      createdMs: 0,
      selector: {},
      matchExpressions: [],
      matchLabelKeys: [],
      tryNext: 'LackResourceOrExceedMax',
      timeout: { ms: 900_000, text: '15m' },
      preemptPolicy: 'AfterAllUnits',
      ignorePreviousPod: false,
      ignoreTerminatingPod: true,
      units: [{ ...PLAIN, index: 0, name: 'ecs', resource: 'ecs', nodeSelector: {}, max: undefined }],
      unenforced: [],
      conditions: [],
      problems: [],
    });
  });

  it('takes null for absent in every optional field', () => {
    const absent = {
      selector: null,
      matchExpressions: null,
      matchLabelKeys: null,
      ignorePreviousPod: null,
      ignoreTerminatingPod: null,
    };

    const policy = sound
      .spec({ ...absent, units: [{ resource: null, nodeSelector: null, max: null }] })
      .parsed();

    expect(policy).toMatchObject({
      selector: {},
      matchExpressions: [],
      matchLabelKeys: [],
      ignorePreviousPod: false,
      ignoreTerminatingPod: true,
      units: [{ name: 'any', resource: undefined, nodeSelector: {}, max: undefined }],
      problems: [],
    });
  });

  it('knows a policy by namespace and name', () => {
    expect(policyKey(sound.in('jobs').parsed())).toBe('jobs/spark');
  });
});

describe('names of units', () => {
  const cases: Record<string, { units: readonly UnitSpec[]; want: readonly string[] }> = {
    'a resource alone': { units: [{ resource: 'ecs' }, { resource: 'eci' }], want: ['ecs', 'eci'] },
    'nodes of any kind': { units: [{}], want: ['any'] },
    'a selector, its labels in alphabetical order': {
      units: [{ resource: 'ecs', nodeSelector: { zone: 'z', pool: 'a' } }],
      want: ['ecs(pool=a,zone=z)'],
    },
    'a selector for nodes of any kind': { units: [{ nodeSelector: { pool: 'a' } }], want: ['any(pool=a)'] },
    'units that are alike are numbered': {
      units: [ECS, { resource: 'eci' }, ECS, ECS],
      want: ['ecs', 'eci', 'ecs#2', 'ecs#3'],
    },
    'a max does not tell units apart': {
      units: [
        { ...ECS, max: 1 },
        { ...ECS, max: 2 },
      ],
      want: ['ecs', 'ecs#2'],
    },
  };

  it.for(Object.entries(cases))('%s', ([, { units, want }]) => {
    expect(
      sound
        .spec({ units })
        .parsed()
        .units.map(({ name }) => name),
    ).toEqual(want);
  });

  it('are what they were when a unit is put in before them', () => {
    expect(nameOfLast([ECS, { resource: 'eci' }])).toBe(
      nameOfLast([ECS, { ...ECS, nodeSelector: { pool: 'b' } }, { resource: 'eci' }]),
    );
  });
});

describe('what the CRD of another version let through', () => {
  const LABELS = 'must map label names to strings (quote values such as "true")';
  const REQUIREMENT =
    'needs a key, an operator (In, NotIn, Exists, DoesNotExist) and, for In and NotIn, values';
  const NO_UNITS = 'spec.units must list at least one unit';
  const cases: Record<string, { spec: Record<string, unknown>; want: readonly string[] }> = {
    'no units': { spec: { units: [] }, want: [NO_UNITS] },
    'units absent': { spec: { units: undefined }, want: [NO_UNITS] },
    'units that are no list': { spec: { units: { resource: 'ecs' } }, want: [NO_UNITS] },
    'a selector with a boolean, as YAML reads an unquoted true': {
      spec: { selector: { spark: true } },
      want: [`spec.selector ${LABELS}`],
    },
    'a selector that is a list': { spec: { selector: ['app'] }, want: [`spec.selector ${LABELS}`] },
    'a nodeSelector with a number': {
      spec: { units: [ECS, { resource: 'eci', nodeSelector: { gpu: 1 } }] },
      want: [`spec.units[1].nodeSelector ${LABELS}`],
    },
    'an unknown resource': {
      spec: { units: [{ resource: 'fargate' }] },
      want: ['spec.units[0].resource must be one of ecs, eci, acs, elastic'],
    },
    'a negative max': {
      spec: { units: [{ ...ECS, max: -1 }] },
      want: ['spec.units[0].max must be a whole number, 0 or more'],
    },
    'a broken max': {
      spec: { units: [{ ...ECS, max: 1.5 }] },
      want: ['spec.units[0].max must be a whole number, 0 or more'],
    },
    'a max in quotes': {
      spec: { units: [{ ...ECS, max: '2' }] },
      want: ['spec.units[0].max must be a whole number, 0 or more'],
    },
    'a flag in quotes': {
      spec: { ignorePreviousPod: 'true', ignoreTerminatingPod: 'no' },
      want: [
        'spec.ignorePreviousPod must be true or false',
        'spec.ignoreTerminatingPod must be true or false',
      ],
    },
    'matchLabelKeys that is one name': {
      spec: { matchLabelKeys: 'job' },
      want: ['spec.matchLabelKeys must be a list of label names'],
    },
    'matchLabelKeys with a number': {
      spec: { matchLabelKeys: ['job', 1] },
      want: ['spec.matchLabelKeys must be a list of label names'],
    },
    'matchExpressions that is no list': {
      spec: { matchExpressions: { key: 'app' } },
      want: ['spec.matchExpressions must be a list'],
    },
    'an unknown operator': {
      spec: {
        matchExpressions: [
          { key: 'app', operator: 'Exists' },
          { key: 'app', operator: 'Gt' },
        ],
      },
      want: [`spec.matchExpressions[1] ${REQUIREMENT}`],
    },
    'a requirement without a key': {
      spec: { matchExpressions: [{ operator: 'Exists' }] },
      want: [`spec.matchExpressions[0] ${REQUIREMENT}`],
    },
    'a requirement with values that are no strings': {
      spec: { matchExpressions: [{ key: 'app', operator: 'In', values: [1] }] },
      want: [`spec.matchExpressions[0] ${REQUIREMENT}`],
    },
    'a requirement that is a word': {
      spec: { matchExpressions: ['app'] },
      want: [`spec.matchExpressions[0] ${REQUIREMENT}`],
    },
    'several mistakes at once': {
      spec: { matchLabelKeys: 1, units: [{ resource: 'x', max: -1 }] },
      want: [
        'spec.matchLabelKeys must be a list of label names',
        'spec.units[0].resource must be one of ecs, eci, acs, elastic',
        'spec.units[0].max must be a whole number, 0 or more',
      ],
    },
  };

  it.for(Object.entries(cases))('names the field: %s', ([, { spec, want }]) => {
    expect(sound.spec(spec).parsed().problems).toEqual(want);
  });

  it.for([
    ['spec absent', undefined],
    ['spec null', null],
    ['a list', []],
    ['text', 'ecs'],
  ])('%s is a policy without units', ([, spec]) => {
    expect(parseResourcePolicy({ ...sound.object(), spec }).problems).toEqual([NO_UNITS]);
  });

  it('finds no problem in a sound policy', () => {
    expect(sound.parsed().problems).toEqual([]);
  });
});

describe('identity', () => {
  it.for(['uid', 'namespace', 'name'])('an object without metadata.%s is no policy', (field) => {
    const { metadata, spec } = sound.object();

    expect(() => parseResourcePolicy({ spec, metadata: { ...metadata, [field]: undefined } })).toThrow(
      `ResourcePolicy without metadata.${field}`,
    );
    expect(() => parseResourcePolicy({ spec, metadata: { ...metadata, [field]: '' } })).toThrow(
      `ResourcePolicy without metadata.${field}`,
    );
  });

  it.for([undefined, null, 'text', 7, []])('%s is no policy', (object) => {
    expect(() => parseResourcePolicy(object)).toThrow('ResourcePolicy without metadata.uid');
  });
});

describe('standing conditions', () => {
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Valid',
    message: 'pods are placed by this policy',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };

  it('are read from the status', () => {
    expect(sound.status({ conditions: [ready] }).parsed().conditions).toEqual([ready]);
  });

  it.for([
    ['no type', { ...ready, type: undefined }],
    ['no time', { ...ready, lastTransitionTime: undefined }],
    ['no object', 'Ready'],
  ])('are left out when broken: %s', ([, broken]) => {
    expect(sound.status({ conditions: [broken, ready] }).parsed().conditions).toEqual([ready]);
  });

  it.for([undefined, null, {}, { conditions: null }, { conditions: 'Ready' }])(
    'are none in status %j',
    (status) => {
      expect(sound.status(status).parsed().conditions).toEqual([]);
    },
  );
});

const unitOf = (unit: Record<string, unknown>) =>
  sound.spec({ units: [{ ...ECS, ...unit }] }).parsed().units[0];

describe('the fields of a unit beyond nodes and max', () => {
  it('maxResources in whole amounts, with the text for messages', () => {
    expect(unitOf({ maxResources: { cpu: 4, memory: '8Gi', 'nvidia.com/gpu': '2' } })?.maxResources).toEqual([
      { resource: 'cpu', amount: 4_000, text: '4' },
      { resource: 'memory', amount: 8_589_934_592, text: '8Gi' },
      { resource: 'nvidia.com/gpu', amount: 2, text: '2' },
    ]);
  });

  it('the wait switch is a switch and no label of the pods', () => {
    const key = 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling';
    expect(unitOf({ podLabels: { [key]: 'true', tier: 'a' } })).toMatchObject({
      waitsForScaling: true,
      podLabels: { tier: 'a' },
    });
    expect(unitOf({ podLabels: { [key]: 'false' } })).toMatchObject({
      waitsForScaling: false,
      podLabels: {},
    });
  });

  it('the deprecated resource elastic waits for scaling', () => {
    expect(unitOf({ resource: 'elastic' })).toMatchObject({ resource: 'elastic', waitsForScaling: true });
  });
});

describe('whenTryNextUnits', () => {
  it.for([
    ['LackResourceOrExceedMax', 'LackResourceOrExceedMax'],
    ['ExceedMax', 'ExceedMax'],
    ['TimeoutOrExceedMax', 'TimeoutOrExceedMax'],
    ['LackResourceAndNoTerminating', 'LackResourceAndNoTerminating'],
    ['LackResourceAndNoterminating', 'LackResourceAndNoTerminating'],
  ])('%s', ([policy, want]) => {
    expect(sound.spec({ whenTryNextUnits: { policy } }).parsed().tryNext).toBe(want);
  });

  it.for([
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['250ms', 250],
  ] as const)('timeout %s is %d ms', ([timeout, ms]) => {
    const policy = sound.spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout } }).parsed();
    expect(policy.timeout).toEqual({ ms, text: timeout });
  });
});

describe('fields that are accepted and not acted upon', () => {
  const cases: Record<string, { spec: Record<string, unknown>; want: readonly string[] }> = {
    'none of those that ACK documents': {
      spec: {
        strategy: 'prefer',
        preemptPolicy: 'BeforeNextUnit',
        whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '5m' },
        units: [
          { resource: 'acs', maxResources: { cpu: 4 }, podLabels: { a: 'b' }, podAnnotations: { a: 'b' } },
          { resource: 'elastic' },
        ],
      },
      want: [],
    },
    'what stands in the Go types alone, by its place': {
      spec: { units: [ECS, { resource: 'eci', spotInstance: false, scaleInWeight: 0 }] },
      want: ['spec.units[1].spotInstance', 'spec.units[1].scaleInWeight'],
    },
    'nothing of units that are no list': { spec: { units: 'ecs' }, want: [] },
  };

  it.for(Object.entries(cases))('%s', ([, { spec, want }]) => {
    expect(sound.spec(spec).parsed().unenforced).toEqual(want);
  });
});
