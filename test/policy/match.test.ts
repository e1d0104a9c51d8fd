import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/facts/labels.ts';
import { matchPolicy, selects } from '../../src/policy/match.ts';
import { aPolicy } from '../support/builders.ts';

const anyPod = aPolicy('any').selecting({}).unit({ resource: 'ecs' });

/** Labels as JSON brings them: `__proto__` is a key like any other. */
function fromJson(text: string): Labels {
  const labels: Labels = JSON.parse(text);
  return labels;
}

/** A requirement on the label `tier`. */
const tier = (operator: string, values?: readonly string[]): Record<string, unknown> => ({
  key: 'tier',
  operator,
  ...(values === undefined ? {} : { values }),
});

describe('selector: the pod carries every label', () => {
  const cases: Record<string, { selector: Labels; labels: Labels; want: boolean }> = {
    'an empty one selects every pod': { selector: {}, labels: {}, want: true },
    'one label, carried': { selector: { app: 'spark' }, labels: { app: 'spark', other: 'x' }, want: true },
    'one label, of another value': { selector: { app: 'spark' }, labels: { app: 'flink' }, want: false },
    'one label, absent': { selector: { app: 'spark' }, labels: {}, want: false },
    'two labels, one carried': {
      selector: { app: 'spark', team: 'a' },
      labels: { app: 'spark' },
      want: false,
    },
    'an empty value is a value': { selector: { app: '' }, labels: {}, want: false },
    'an empty value, carried': { selector: { app: '' }, labels: { app: '' }, want: true },
    'labels named constructor': { selector: { constructor: 'x' }, labels: {}, want: false },
    'labels named constructor, carried': {
      selector: { constructor: 'x' },
      labels: { constructor: 'x' },
      want: true,
    },
    'labels named __proto__': { selector: fromJson('{"__proto__":"x"}'), labels: {}, want: false },
    'labels named __proto__, carried': {
      selector: fromJson('{"__proto__":"x"}'),
      labels: fromJson('{"__proto__":"x"}'),
      want: true,
    },
    'labels named __proto__, of another value': {
      selector: fromJson('{"__proto__":"x"}'),
      labels: fromJson('{"__proto__":"y"}'),
      want: false,
    },
  };

  it.for(Object.entries(cases))('%s', ([, { selector, labels, want }]) => {
    expect(selects(anyPod.selecting(selector).parsed(), labels)).toBe(want);
  });
});

describe('matchExpressions: as in Kubernetes', () => {
  const cases: Record<
    string,
    { requirements: readonly Record<string, unknown>[]; labels: Labels; want: boolean }
  > = {
    'In: one of the values': { requirements: [tier('In', ['a', 'b'])], labels: { tier: 'b' }, want: true },
    'In: another value': { requirements: [tier('In', ['a', 'b'])], labels: { tier: 'c' }, want: false },
    'In: absent': { requirements: [tier('In', ['a'])], labels: {}, want: false },
    'In: without values selects nothing': { requirements: [tier('In')], labels: { tier: 'a' }, want: false },
    'NotIn: one of the values': {
      requirements: [tier('NotIn', ['a', 'b'])],
      labels: { tier: 'a' },
      want: false,
    },
    'NotIn: another value': { requirements: [tier('NotIn', ['a'])], labels: { tier: 'b' }, want: true },
    'NotIn: absent': { requirements: [tier('NotIn', ['a'])], labels: {}, want: true },
    'Exists: of any value': { requirements: [tier('Exists')], labels: { tier: '' }, want: true },
    'Exists: absent': { requirements: [tier('Exists')], labels: { app: 'a' }, want: false },
    'DoesNotExist: absent': { requirements: [tier('DoesNotExist')], labels: {}, want: true },
    'DoesNotExist: of any value': { requirements: [tier('DoesNotExist')], labels: { tier: '' }, want: false },
    'all of them hold': {
      requirements: [tier('Exists'), tier('NotIn', ['a'])],
      labels: { tier: 'b' },
      want: true,
    },
    'one of them does not': {
      requirements: [tier('Exists'), tier('NotIn', ['a'])],
      labels: { tier: 'a' },
      want: false,
    },
    'Exists does not find what every object inherits': {
      requirements: [{ key: 'constructor', operator: 'Exists' }],
      labels: {},
      want: false,
    },
    'DoesNotExist sees a label named __proto__': {
      requirements: [{ key: '__proto__', operator: 'DoesNotExist' }],
      labels: fromJson('{"__proto__":"x"}'),
      want: false,
    },
  };

  it.for(Object.entries(cases))('%s', ([, { requirements, labels, want }]) => {
    expect(selects(anyPod.spec({ matchExpressions: requirements }).parsed(), labels)).toBe(want);
  });

  it.for([
    { labels: { app: 'spark', tier: 'a' }, want: true },
    { labels: { app: 'spark' }, want: false },
    { labels: { tier: 'a' }, want: false },
  ])('add to selector: $labels', ({ labels, want }) => {
    const policy = anyPod.selecting({ app: 'spark' }).spec({ matchExpressions: [tier('Exists')] });

    expect(selects(policy.parsed(), labels)).toBe(want);
  });

  it('broken ones select more rather than less: the pods wait until the policy is mended', () => {
    const policy = anyPod.spec({ matchExpressions: [{ key: 'tier', operator: 'Near' }] }).parsed();

    expect(policy.problems).toHaveLength(1);
    expect(selects(policy, {})).toBe(true);
    expect(selects(policy, { tier: 'a' })).toBe(true);
  });
});

describe('the policy of a pod', () => {
  const spark = anyPod.selecting({ app: 'spark' });
  const zeta = aPolicy('zeta').selecting({ app: 'spark' }).unit({ resource: 'ecs' }).parsed();
  const alpha = aPolicy('alpha').selecting({ team: 'a' }).unit({ resource: 'ecs' }).parsed();

  it('is none without policies', () => {
    expect(matchPolicy([], { app: 'spark' })).toEqual({ kind: 'none' });
  });

  it('is none when no policy selects it', () => {
    expect(matchPolicy([zeta, alpha], { app: 'flink' })).toEqual({ kind: 'none' });
  });

  it('is the one that selects it', () => {
    expect(matchPolicy([alpha, zeta], { app: 'spark' })).toEqual({ kind: 'one', policy: zeta });
    expect(matchPolicy([spark.parsed()], { app: 'spark', x: 'y' })).toEqual({
      kind: 'one',
      policy: spark.parsed(),
    });
  });

  it.for([
    ['one order', [zeta, alpha]],
    ['the other order', [alpha, zeta]],
  ] as const)('is not guessed when two select it; they come by name in %s', ([, policies]) => {
    expect(matchPolicy(policies, { app: 'spark', team: 'a' })).toEqual({
      kind: 'conflict',
      policies: [alpha, zeta],
    });
  });
});
