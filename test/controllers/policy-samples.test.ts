import { describe, expect, it } from 'vitest';
import { PolicySamples } from '../../src/controllers/policy-samples.ts';
import type { Condition } from '../../src/policy/condition.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

function condition(type: string, status: Condition['status']): Condition {
  return { type, status, reason: 'R', message: 'm', observedGeneration: 1, lastTransitionTime: '' };
}

function samplesOf(
  harness: Harness,
  policies: readonly PolicyBuilder[],
  most = 10,
  conditions: readonly Condition[] = [],
): PolicySamples {
  return new PolicySamples({
    ledger: harness.ledger,
    policies: () => policies.map((policy) => policy.parsed()),
    conditions: () => conditions,
    spend: undefined,
    most,
  });
}

describe('samples', () => {
  it('are the policy’s figures, in base units and counted from 1', () => {
    const policy = aPolicy('spark')
      .unit({ resource: 'ecs', max: 2, maxResources: { cpu: '1500m', memory: '1Gi' } })
      .unit({});
    const harness = new Harness({ nodes: [aNode('ecs-0')], policies: [policy] });
    harness.sees(aPod('a').requesting({ cpu: '500m', memory: '1Mi' }).placedBy('spark', 'ecs').on('ecs-0'));

    const conditions = [condition('Ready', 'True'), condition('Conflicting', 'False')];
    expect(samplesOf(harness, [policy], 10, conditions).sample(policy.parsed())).toEqual({
      namespace: 'default',
      name: 'spark',
      groups: 1,
      waiting: { 'at-max': 0, 'below-max': 0, gated: 0, conflict: 0, 'no-group': 0 },
      conditions: { Ready: true, Conflicting: false },
      units: [
        {
          name: 'ecs',
          index: 1,
          resource: 'ecs',
          bound: 1,
          reserved: 0,
          max: 2,
          fullestGroup: 1,
          groupsAtMax: 0,
          groupsOverMax: 0,
          nodes: 1,
          resources: [
            { name: 'cpu', used: 0.5, max: 1.5 },
            { name: 'memory', used: 2 ** 20, max: 2 ** 30 },
          ],
        },
        expect.objectContaining({ index: 2, resource: '', max: undefined, resources: [] }),
      ],
      spend: undefined,
    });
  });

  it('are of the oldest policies: a new one ends nobody’s series', () => {
    const policies = [
      aPolicy('young').createdAt(3_000),
      aPolicy('b').createdAt(2_000),
      aPolicy('a').createdAt(2_000),
      aPolicy('old').createdAt(1_000),
    ].map((policy) => policy.selecting({ none: 'of these' }).unit({}));
    const harness = new Harness({ policies });
    const samples = samplesOf(harness, policies, 3);
    expect(samples.shown().map(({ name }) => name)).toEqual(['old', 'a', 'b']);
  });

  it('follow policies that come and go', () => {
    const policies = [aPolicy('spark').unit({})];
    const harness = new Harness({ policies });
    const samples = samplesOf(harness, policies);
    expect(samples.shown()).toHaveLength(1);
    const policy = policies.pop()!;
    harness.seesGone(policy);
    expect(samples.sample(policy.parsed())).toBeUndefined();
    expect(samples.shown()).toEqual([]);
  });
});
