import { describe, expect, it } from 'vitest';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import { aPolicy } from '../support/builders.ts';

const WAIT_SWITCH = 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling';
const sound = aPolicy('spark');

type Fields = Readonly<Record<string, unknown>>;

/** A policy whose second unit has these fields. */
const ofUnit = (unit: unknown): ReturnType<typeof parseResourcePolicy> =>
  parseResourcePolicy({ ...sound.object(), spec: { units: [{ resource: 'eci' }, unit] } });
const ofSpec = (spec: Fields): ReturnType<typeof parseResourcePolicy> =>
  sound.unit({ resource: 'ecs' }).spec(spec).parsed();

describe('a broken field of a unit is named', () => {
  const QUANTITY = 'must be a quantity such as 4, 500m or 8Gi, 0 or more';
  const LABELS = 'must map label names to strings (quote values such as "true")';
  const cases: Record<string, { unit: unknown; want: readonly string[] }> = {
    'a unit that is a word': { unit: 'ecs', want: ['spec.units[1] must be an object'] },
    'a unit that is null': { unit: null, want: ['spec.units[1] must be an object'] },
    'a unit that is a list': { unit: [{ resource: 'ecs' }], want: ['spec.units[1] must be an object'] },
    'maxResources that are a number': {
      unit: { maxResources: 4 },
      want: ['spec.units[1].maxResources must map resource names to quantities'],
    },
    'maxResources that are a list': {
      unit: { maxResources: [{ cpu: 4 }] },
      want: ['spec.units[1].maxResources must map resource names to quantities'],
    },
    'a quantity with a unit that Kubernetes has not': {
      unit: { maxResources: { memory: '8GiB' } },
      want: [`spec.units[1].maxResources.memory ${QUANTITY}`],
    },
    'a quantity below 0': {
      unit: { maxResources: { cpu: -4, memory: '-1Gi' } },
      want: [`spec.units[1].maxResources.cpu ${QUANTITY}`, `spec.units[1].maxResources.memory ${QUANTITY}`],
    },
    'an empty quantity': {
      unit: { maxResources: { cpu: '' } },
      want: [`spec.units[1].maxResources.cpu ${QUANTITY}`],
    },
    'a quantity that is null': {
      unit: { maxResources: { cpu: null } },
      want: [`spec.units[1].maxResources.cpu ${QUANTITY}`],
    },
    'a quantity that is an object': {
      unit: { maxResources: { 'nvidia.com/gpu': { limit: 4 } } },
      want: [`spec.units[1].maxResources.nvidia.com/gpu ${QUANTITY}`],
    },
    'podLabels that YAML reads as a boolean': {
      unit: { podLabels: { [WAIT_SWITCH]: true } },
      want: [`spec.units[1].podLabels ${LABELS}`],
    },
    'podLabels that are a list': {
      unit: { podLabels: ['tier=a'] },
      want: [`spec.units[1].podLabels ${LABELS}`],
    },
    'podAnnotations with a number': {
      unit: { podAnnotations: { weight: 5 } },
      want: [`spec.units[1].podAnnotations ${LABELS}`],
    },
  };

  it.for(Object.entries(cases))('%s', ([, { unit, want }]) => {
    expect(ofUnit(unit).problems).toEqual(want);
  });
});

describe('a broken field of the policy is named', () => {
  const TRY_NEXT =
    'spec.whenTryNextUnits.policy must be one of LackResourceOrExceedMax, ExceedMax, TimeoutOrExceedMax, ' +
    'LackResourceAndNoTerminating';
  const TIMEOUT = 'spec.whenTryNextUnits.timeout must be a time such as 90s or 15m';
  const PREEMPT = 'spec.preemptPolicy must be one of AfterAllUnits, BeforeNextUnit';
  const cases: Record<string, { spec: Fields; want: readonly string[] }> = {
    'whenTryNextUnits that is a word': {
      spec: { whenTryNextUnits: 'ExceedMax' },
      want: ['spec.whenTryNextUnits must be an object'],
    },
    'whenTryNextUnits that is a list': {
      spec: { whenTryNextUnits: [{ policy: 'ExceedMax' }] },
      want: ['spec.whenTryNextUnits must be an object'],
    },
    'a policy that only the Go types know': {
      spec: { whenTryNextUnits: { policy: 'Timeout' } },
      want: [TRY_NEXT],
    },
    'a policy that is a number': { spec: { whenTryNextUnits: { policy: 1 } }, want: [TRY_NEXT] },
    'an empty policy': { spec: { whenTryNextUnits: { policy: '' } }, want: [TRY_NEXT] },
    'a timeout without a unit of time': { spec: { whenTryNextUnits: { timeout: '15' } }, want: [TIMEOUT] },
    'a timeout that is a number': { spec: { whenTryNextUnits: { timeout: 900 } }, want: [TIMEOUT] },
    'a timeout with a space': { spec: { whenTryNextUnits: { timeout: '15 min' } }, want: [TIMEOUT] },
    'a timeout below 0': { spec: { whenTryNextUnits: { timeout: '-5m' } }, want: [TIMEOUT] },
    'an empty timeout': { spec: { whenTryNextUnits: { timeout: '' } }, want: [TIMEOUT] },
    'both at once': {
      spec: { whenTryNextUnits: { policy: 'Never', timeout: 'soon' } },
      want: [TRY_NEXT, TIMEOUT],
    },
    'a preemptPolicy that there is not': { spec: { preemptPolicy: 'Never' }, want: [PREEMPT] },
    'a preemptPolicy in lower case': { spec: { preemptPolicy: 'beforeNextUnit' }, want: [PREEMPT] },
    'a preemptPolicy that is a boolean': { spec: { preemptPolicy: true }, want: [PREEMPT] },
  };

  it.for(Object.entries(cases))('%s', ([, { spec, want }]) => {
    expect(ofSpec(spec).problems).toEqual(want);
  });
});

describe('what is left of a broken policy is what nobody is hurt by', () => {
  it('its defaults', () => {
    const broken = ofSpec({ whenTryNextUnits: { policy: 'Never', timeout: 'soon' }, preemptPolicy: 'Never' });

    expect(broken).toMatchObject({
      tryNext: 'LackResourceOrExceedMax',
      timeout: { ms: 900_000, text: '15m' },
      preemptPolicy: 'AfterAllUnits',
    });
  });

  it('the limits that can be read', () => {
    const { units } = ofUnit({ maxResources: { cpu: 'lots', memory: '1Gi' } });

    expect(units[1]?.maxResources).toEqual([{ resource: 'memory', amount: 1_024 ** 3, text: '1Gi' }]);
  });
});

describe('absent is no mistake', () => {
  it.for([
    { whenTryNextUnits: null, preemptPolicy: null },
    { whenTryNextUnits: {} },
    { whenTryNextUnits: { policy: null, timeout: null } },
    { units: [{ resource: 'ecs', maxResources: null, podLabels: null, podAnnotations: null }] },
    { units: [{ resource: 'ecs', maxResources: {}, podLabels: {}, podAnnotations: {} }] },
  ])('%j', (spec) => {
    expect(ofSpec(spec)).toMatchObject({
      tryNext: 'LackResourceOrExceedMax',
      timeout: { ms: 900_000, text: '15m' },
      preemptPolicy: 'AfterAllUnits',
      units: [{ maxResources: [], podLabels: {}, podAnnotations: {} }],
      problems: [],
    });
  });
});

describe('a limit of maxResources', () => {
  it.for([
    ['cpu', 4, 4_000, '4'],
    ['cpu', '500m', 500, '500m'],
    ['cpu', '0.1', 100, '0.1'],
    ['cpu', 0, 0, '0'],
    ['memory', '1.5Gi', 1.5 * 1_024 ** 3, '1.5Gi'],
    ['memory', '1e3', 1_000, '1e3'],
    ['pods', 10, 10, '10'],
  ] as const)('%s: %s is %d', ([resource, quantity, amount, text]) => {
    const { units, problems } = ofUnit({ maxResources: { [resource]: quantity } });

    expect(units[1]?.maxResources).toEqual([{ resource, amount, text }]);
    expect(problems).toEqual([]);
  });
});
