import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'examples/spark-pi/resourcepolicy.yaml');
const EXAMPLE_NAME = 'sparkapplication-resource-policy';
const POLICIES = '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/default/resourcepolicies';

type Spec = Readonly<Record<string, unknown>>;

interface Stored {
  readonly metadata: { readonly generation: number };
  readonly spec: Spec;
  readonly status?: unknown;
}

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.kubectl(['apply', '-f', join(ROOT, 'crds')]);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
});

afterAll(() => plane.delete());

const ECS = { resource: 'ecs' };
const policy = (spec: unknown, name = 'p'): object => ({
  apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
  kind: 'ResourcePolicy',
  metadata: { name },
  spec,
});

/** What the API server would store. */
async function dryRun(spec: unknown): Promise<Stored> {
  return plane.api.request('POST', `${POLICIES}?dryRun=All&fieldValidation=Strict`, policy(spec));
}

/** Why the API server refuses it; 'accepted' when it does not. */
async function refusal(spec: unknown): Promise<string> {
  return dryRun(spec).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe('a policy written for ACK', () => {
  it('applies unchanged', async () => {
    expect(await plane.kubectl(['apply', '-f', EXAMPLE])).toBe(
      `resourcepolicy.scheduling.alibabacloud.com/${EXAMPLE_NAME} created\n`,
    );
    expect(await plane.kubectl(['apply', '-f', EXAMPLE])).toMatch(/unchanged\n$/);
  });

  it('applies by server-side apply too', async () => {
    const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', EXAMPLE];

    expect(await plane.kubectl(args)).toMatch(/serverside-applied \(server dry run\)\n$/);
  });

  it('is listed with its columns, under the short name', async () => {
    const rows = (await plane.kubectl(['get', 'rp', EXAMPLE_NAME])).trimEnd().split('\n');

    expect(rows[0]?.split(/\s+/)).toEqual(['NAME', 'USED', 'WAITING', 'READY', 'CONFLICTING', 'AGE']);
    expect(rows[1]?.split(/\s+/)).toEqual([EXAMPLE_NAME, expect.stringMatching(/^\d+s$/)]);
    expect(await plane.kubectl(['get', 'rp', EXAMPLE_NAME, '-o', 'wide'])).toMatch(
      / GROUPS +ENFORCED +TRYNEXT +PREEMPT .*\n.* LackResourceOrExceedMax +AfterAllUnits /,
    );
  });

  it('is what the program’s own parser reads', async () => {
    const stored = await plane.api.request('GET', `${POLICIES}/${EXAMPLE_NAME}`);

    expect(parseResourcePolicy(stored)).toMatchObject({
      name: EXAMPLE_NAME,
      namespace: 'default',
      generation: 1,
      matchLabelKeys: ['sparkoperator.k8s.io/submission-id'],
      ignorePreviousPod: true,
      ignoreTerminatingPod: false,
      units: [
        { name: 'ecs(kubernetes.io/arch=amd64)', max: 2 },
        { name: 'eci', max: 3 },
      ],
      problems: [],
    });
  });

  it('gets ACK’s defaults', async () => {
    const { spec } = await dryRun({ units: [ECS] });

    expect(spec).toEqual({
      strategy: 'prefer',
      preemptPolicy: 'AfterAllUnits',
      ignorePreviousPod: false,
      ignoreTerminatingPod: true,
      whenTryNextUnits: { policy: 'LackResourceOrExceedMax', timeout: '15m' },
      units: [ECS],
    });
  });

  it('gets the default timeout beside a policy that it names', async () => {
    const { spec } = await dryRun({ units: [ECS], whenTryNextUnits: { policy: 'TimeoutOrExceedMax' } });

    expect(spec['whenTryNextUnits']).toEqual({ policy: 'TimeoutOrExceedMax', timeout: '15m' });
  });

  it('may set every field', async () => {
    const all = {
      consumerRef: { kind: 'App', nested: { anything: [1] } },
      selector: { app: 'spark', empty: '' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'tier', operator: 'NotIn', values: ['c'] },
        { key: 'example.com/x', operator: 'Exists' },
        { key: 'y', operator: 'DoesNotExist' },
      ],
      strategy: 'prefer',
      preemptPolicy: 'BeforeNextUnit',
      ignorePreviousPod: true,
      ignoreTerminatingPod: false,
      matchLabelKeys: ['example.com/job', 'team'],
      whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '1h30m' },
      units: [
        {
          resource: 'ecs',
          nodeSelector: { 'kubernetes.io/arch': 'amd64' },
          max: 0,
          maxResources: { cpu: 4, memory: '8Gi', 'nvidia.com/gpu': '1e3' },
          podLabels: { 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling': 'true', app: 'spark' },
          podAnnotations: { note: 'any text, of any kind: \n{}' },
          spotInstance: true,
          scaleInWeight: -3,
        },
        { nodeSelector: { pool: 'b' } },
        { resource: 'elastic' },
        { resource: 'eci', max: 2_147_483_647 },
        { resource: 'acs' },
      ],
    };

    const stored = await dryRun(all);

    expect(stored.spec).toEqual(all);
    expect(parseResourcePolicy(stored).problems).toEqual([]);
  });

  it.for([
    'LackResourceOrExceedMax',
    'ExceedMax',
    'TimeoutOrExceedMax',
    'LackResourceAndNoTerminating',
    'LackResourceAndNoterminating',
  ])('may go on to the next unit by %s', async (name) => {
    const { spec } = await dryRun({ units: [ECS], whenTryNextUnits: { policy: name } });

    expect(spec['whenTryNextUnits']).toMatchObject({ policy: name });
  });
});

describe('a mistake is refused when it is made, with the field and the way out', () => {
  const cases: Record<string, { spec: unknown; want: string }> = {
    'no spec': { spec: undefined, want: 'spec: Required value' },
    'no units': { spec: {}, want: 'spec.units: Required value' },
    'an empty list of units': {
      spec: { units: [] },
      want: 'spec.units: Invalid value: 0: spec.units in body should have at least 1 items',
    },
    '33 units': {
      spec: { units: Array.from({ length: 33 }, () => ECS) },
      want: 'spec.units: Too many: 33: must have at most 32 items',
    },
    'units that are one word': {
      spec: { units: 'ecs' },
      want: 'spec.units in body must be of type array: "string"',
    },
    'an unknown resource': {
      spec: { units: [{ resource: 'fargate' }] },
      want: 'spec.units[0].resource: Unsupported value: "fargate": supported values: "ecs", "eci", "acs", "elastic"',
    },
    'a unit that says nothing of its nodes': {
      spec: { units: [ECS, { max: 2 }] },
      want: 'spec.units[1]: Invalid value: a unit needs resource or nodeSelector',
    },
    'a unit with an empty nodeSelector': {
      spec: { units: [{ nodeSelector: {} }] },
      want: 'spec.units[0]: Invalid value: a unit needs resource or nodeSelector',
    },
    'a negative max': {
      spec: { units: [{ ...ECS, max: -1 }] },
      want: 'spec.units[0].max: Invalid value: -1: spec.units[0].max in body should be greater than or equal to 0',
    },
    'a max in quotes': {
      spec: { units: [{ ...ECS, max: '2' }] },
      want: 'spec.units[0].max in body must be of type integer: "string"',
    },
    'a broken max': {
      spec: { units: [{ ...ECS, max: 1.5 }] },
      want: 'spec.units[0].max in body must be of type int32: "float64"',
    },
    'a field in the wrong spelling': {
      spec: { units: [{ ...ECS, maximum: 3 }] },
      want: 'unknown field "spec.units[0].maximum"',
    },
    'an unknown strategy': {
      spec: { units: [ECS], strategy: 'required' },
      want: 'spec.strategy: Unsupported value: "required": supported values: "prefer"',
    },
    'an unknown preemptPolicy': {
      spec: { units: [ECS], preemptPolicy: 'Never' },
      want: 'spec.preemptPolicy: Unsupported value: "Never": supported values: "BeforeNextUnit", "AfterAllUnits"',
    },
    'a flag in quotes': {
      spec: { units: [ECS], ignorePreviousPod: 'true' },
      want: 'spec.ignorePreviousPod in body must be of type boolean: "string"',
    },
    'an unknown policy of whenTryNextUnits': {
      spec: { units: [ECS], whenTryNextUnits: { policy: 'Timeout' } },
      want: 'spec.whenTryNextUnits.policy: Unsupported value: "Timeout": supported values: "LackResourceOrExceedMax", "ExceedMax", "TimeoutOrExceedMax"',
    },
    'a timeout that nothing uses': {
      spec: { units: [ECS], whenTryNextUnits: { policy: 'ExceedMax', timeout: '1m' } },
      want: 'spec.whenTryNextUnits.timeout: Forbidden: timeout is only used by policy TimeoutOrExceedMax, not by ExceedMax',
    },
    'a timeout in words': {
      spec: { units: [ECS], whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '15 min' } },
      want: `spec.whenTryNextUnits.timeout in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$'`,
    },
    'a timeout of nothing': {
      spec: { units: [ECS], whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '0s' } },
      want: 'spec.whenTryNextUnits.timeout: Invalid value: timeout must be more than 0s and at most 24h',
    },
    'a timeout of two days': {
      spec: { units: [ECS], whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '48h' } },
      want: 'spec.whenTryNextUnits.timeout: Invalid value: timeout must be more than 0s and at most 24h',
    },
    'an unquoted true in selector': {
      spec: { units: [ECS], selector: { spark: true } },
      want: 'spec.selector.spark in body must be of type string: "boolean"',
    },
    'a selector that no label can match': {
      spec: { units: [ECS], selector: { app: 'two words' } },
      want: 'spec.selector.app in body should match',
    },
    'a nodeSelector that no label can match': {
      spec: { units: [{ nodeSelector: { pool: '-a' } }] },
      want: 'spec.units[0].nodeSelector.pool in body should match',
    },
    'a requirement without a key': {
      spec: { units: [ECS], matchExpressions: [{ operator: 'Exists' }] },
      want: 'spec.matchExpressions[0].key: Required value',
    },
    'an unknown operator': {
      spec: { units: [ECS], matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] },
      want: 'spec.matchExpressions[0].operator: Unsupported value: "Gt": supported values: "In", "NotIn", "Exists", "DoesNotExist"',
    },
    'In without values': {
      spec: { units: [ECS], matchExpressions: [{ key: 'a', operator: 'In' }] },
      want: 'spec.matchExpressions[0].values: Invalid value: operator In needs at least one value',
    },
    'NotIn with an empty list': {
      spec: { units: [ECS], matchExpressions: [{ key: 'a', operator: 'NotIn', values: [] }] },
      want: 'spec.matchExpressions[0].values: Invalid value: operator NotIn needs at least one value',
    },
    'Exists with values': {
      spec: { units: [ECS], matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
      want: 'spec.matchExpressions[0].values: Invalid value: operator Exists takes no values',
    },
    'matchLabelKeys that names a label twice': {
      spec: { units: [ECS], matchLabelKeys: ['a', 'a'] },
      want: 'spec.matchLabelKeys[1]: Duplicate value: "a"',
    },
    'matchLabelKeys with a word that is no label': {
      spec: { units: [ECS], matchLabelKeys: ['job id'] },
      want: 'spec.matchLabelKeys[0] in body should match',
    },
    'a negative quantity': {
      spec: { units: [{ ...ECS, maxResources: { cpu: -4 } }] },
      want: 'spec.units[0].maxResources: Invalid value: quantities must not be negative',
    },
    'a quantity that Kubernetes does not know': {
      spec: { units: [{ ...ECS, maxResources: { memory: '8GiB' } }] },
      want: 'spec.units[0].maxResources.memory in body should match',
    },
    'maxResources of nothing': {
      spec: { units: [{ ...ECS, maxResources: {} }] },
      want: 'spec.units[0].maxResources in body should have at least 1 properties',
    },
    'podLabels that take the pod out of the policy': {
      spec: { selector: { app: 'x' }, units: [{ ...ECS, podLabels: { app: 'y' } }] },
      want: 'spec: Invalid value: podLabels of a unit must not change a label of selector (the pod would leave the policy)',
    },
    'podLabels that move the pod to another group': {
      spec: { matchLabelKeys: ['job'], units: [ECS, { ...ECS, podLabels: { job: 'j' } }] },
      want: 'spec: Invalid value: podLabels of a unit must not set a label of matchLabelKeys (the pod would change its group)',
    },
    'a deletion cost in podAnnotations': {
      spec: { units: [{ ...ECS, podAnnotations: { 'controller.kubernetes.io/pod-deletion-cost': '5' } }] },
      want: 'spec.units[0].podAnnotations: Forbidden: controller.kubernetes.io/pod-deletion-cost is set from the unit',
    },
  };

  it.concurrent.for(Object.entries(cases))('%s', async ([, { spec, want }]) => {
    expect(await refusal(spec)).toContain(want);
  });
});

function condition(type: string, status: string, reason: string): object {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  return { type, status, observedGeneration: 1, lastTransitionTime, reason, message: 'for people' };
}

describe('the status', () => {
  const status = {
    observedGeneration: 1,
    summary: '2/2, 3/3, 5/-',
    waiting: 7,
    units: [
      { index: 0, name: 'ecs', used: 2, max: 2, waiting: 0, nodes: 4, deletionCost: 0 },
      { index: 1, name: 'eci', used: 3, max: 3, waiting: 1, nodes: 1, deletionCost: -100 },
      { index: 2, name: 'acs', used: 5, waiting: 0, nodes: 0, deletionCost: -200 },
    ],
    groups: [{ key: 'job-1,team-a', used: [2, 3, 5], waiting: 7 }],
    groupCount: 1,
    conditions: [
      condition('Ready', 'True', 'Valid'),
      condition('Enforced', 'False', 'FieldsNotEnforced'),
      condition('Conflicting', 'False', 'NoOtherPolicy'),
    ],
  };
  const path = `${POLICIES}/with-status`;

  beforeAll(async () => {
    await plane.api.request('POST', POLICIES, policy({ units: [ECS] }, 'with-status'));
  });

  it('is not for those who write policies: through the policy itself it is dropped', async () => {
    const stored = await plane.api.request<Stored>('PATCH', path, { status });

    expect(stored).not.toHaveProperty('status');
  });

  it('is written through its subresource, leaves the generation alone, and is listed', async () => {
    const stored = await plane.api.request<Stored>('PATCH', `${path}/status`, { status });

    expect(stored.status).toEqual(status);
    expect(stored.metadata.generation).toBe(1);
    expect(parseResourcePolicy(stored).conditions).toEqual(status.conditions);
    expect(await plane.kubectl(['get', 'rp', 'with-status', '--no-headers'])).toMatch(
      /^with-status +2\/2, 3\/3, 5\/- +7 +True +False +\d+s$/m,
    );
  });

  it('takes no spec with it', async () => {
    const stored = await plane.api.request<Stored>('PATCH', `${path}/status`, {
      spec: { units: [{ resource: 'eci' }] },
    });

    expect(stored.spec['units']).toEqual([ECS]);
  });

  it('is of bounded size: it takes 50 groups and no more', async () => {
    const groups = Array.from({ length: 51 }, (_, n) => ({ key: `job-${n}`, used: [1], waiting: 0 }));

    await plane.api.request('PATCH', `${path}/status`, { status: { groups: groups.slice(1) } });
    await expect(plane.api.request('PATCH', `${path}/status`, { status: { groups } })).rejects.toThrow(
      'status.groups: Too many: 51: must have at most 50 items',
    );
  });

  it('refuses a condition without a reason', async () => {
    const broken = { conditions: [{ ...status.conditions[0], reason: '' }] };

    await expect(plane.api.request('PATCH', `${path}/status`, { status: broken })).rejects.toThrow(
      'status.conditions[0].reason: Invalid value: "": conditions[0].reason in body should be at least 1 chars long',
    );
  });
});
