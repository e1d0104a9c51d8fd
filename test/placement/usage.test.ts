import { describe, expect, it } from 'vitest';
import type { Usage } from '../../src/placement/usage.ts';
import { amountOf, fullness } from '../../src/placement/usage.ts';
import type { UnitSpec } from '../support/builders.ts';
import { aPod, aPolicy } from '../support/builders.ts';

describe('an amount', () => {
  const { requests } = aPod('e1').requesting({ cpu: '500m', memory: '1Gi' }).facts();

  it.for([
    ['cpu', 500],
    ['memory', 1_024 ** 3],
    ['pods', 1],
    ['nvidia.com/gpu', 0],
    ['constructor', 0],
  ] as const)('of %s is %d', ([resource, want]) => {
    expect(amountOf(requests, resource)).toBe(want);
  });
});

interface Case {
  readonly unit: UnitSpec;
  readonly usage: Usage;
  readonly asks: Readonly<Record<string, string | number>>;
  readonly want: ReturnType<typeof fullness>;
}

describe('a unit takes a pod', () => {
  const cpu4: UnitSpec = { resource: 'ecs', maxResources: { cpu: 4 } };
  const cases: Record<string, Case> = {
    'that reaches its maxResources exactly': {
      unit: cpu4,
      usage: { pods: 7, amounts: [3_500] },
      asks: { cpu: '500m' },
      want: undefined,
    },
    'but none that is a thousandth over': {
      unit: cpu4,
      usage: { pods: 7, amounts: [3_500] },
      asks: { cpu: '501m' },
      want: 'at-max-resources',
    },
    'but none that is over alone': {
      unit: cpu4,
      usage: { pods: 0, amounts: [0] },
      asks: { cpu: 5 },
      want: 'at-max-resources',
    },
    'before anything was counted': {
      unit: cpu4,
      usage: { pods: 0, amounts: [] },
      asks: { cpu: 4 },
      want: undefined,
    },
    'that asks for none of what is limited, when the limit is reached': {
      unit: cpu4,
      usage: { pods: 7, amounts: [4_000] },
      asks: { memory: '1Gi' },
      want: undefined,
    },
    'but not when the limit was lowered below what is there': {
      unit: cpu4,
      usage: { pods: 7, amounts: [4_001] },
      asks: { memory: '1Gi' },
      want: 'at-max-resources',
    },
    'but none of a resource that is limited to 0': {
      unit: { resource: 'ecs', maxResources: { 'nvidia.com/gpu': 0 } },
      usage: { pods: 0, amounts: [0] },
      asks: { 'nvidia.com/gpu': 1 },
      want: 'at-max-resources',
    },
    'that asks for nothing of a resource that is limited to 0': {
      unit: { resource: 'ecs', maxResources: { 'nvidia.com/gpu': 0 } },
      usage: { pods: 0, amounts: [0] },
      asks: { cpu: 1 },
      want: undefined,
    },
    'but none that is over the last of several limits': {
      unit: { resource: 'ecs', maxResources: { cpu: 4, memory: '1Gi' } },
      usage: { pods: 1, amounts: [1_000, 1_024 ** 3] },
      asks: { cpu: 1, memory: 1 },
      want: 'at-max-resources',
    },
    'by number, when maxResources limit pods': {
      unit: { resource: 'ecs', maxResources: { pods: 2 } },
      usage: { pods: 2, amounts: [2] },
      asks: {},
      want: 'at-max-resources',
    },
    'but says max where both are reached': {
      unit: { ...cpu4, max: 1 },
      usage: { pods: 1, amounts: [4_000] },
      asks: { cpu: 1 },
      want: 'at-max',
    },
  };

  it.for(Object.entries(cases))('%s', ([, { unit, usage, asks, want }]) => {
    const [parsed] = aPolicy('spark').unit(unit).parsed().units;

    expect(fullness(parsed!, usage, aPod('e1').requesting(asks).facts().requests)).toBe(want);
  });
});
