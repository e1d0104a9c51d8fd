import { describe, expect, it } from 'vitest';
import { decimalText, parseDecimal } from '../../src/facts/decimal.ts';
import type { Labels } from '../../src/facts/labels.ts';
import type { PodPrice, PodSize, Price } from '../../src/placement/price.ts';
import { billedSeconds, chargeOf, costOf, priceOf } from '../../src/placement/price.ts';
import { aPod } from '../support/builders.ts';

const GI = 1024 ** 3;
const SPOT: Labels = { 'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo' };

function size(cpu: number, memoryGi: number, perSecond: string): PodSize {
  const rate = { amount: parseDecimal(perSecond) ?? 0n, seconds: 1 } as const;
  return { cpu: cpu * 1_000, memory: memoryGi * GI, text: `${cpu}-${memoryGi}`, rate };
}

/** Out of order, with one that is cheap for its memory. */
const ECI: PodPrice = {
  name: 'ECI',
  nodeSelector: { type: 'virtual-kubelet' },
  by: 'pod',
  sizes: [size(2, 4, '0.00008576'), size(1, 2, '0.00004288'), size(1, 8, '0.00007')],
  startupSeconds: 15,
  spot: { podAnnotations: SPOT, factor: parseDecimal('0.1') ?? 0n },
};

const executor = aPod('e').requesting({ cpu: '1', memory: '2Gi' });

describe('100 executors of 1 vCPU and 2 GiB that run for 87 s', () => {
  const seconds = billedSeconds(87_000, ECI.startupSeconds);

  it('cost ¥0.308736 on ECI', () => {
    const charge = chargeOf(ECI, executor.facts());

    expect(seconds).toBe(72);
    expect(charge && decimalText(costOf(charge.rate, seconds, 100))).toBe('0.308736');
  });

  it('and ¥0.0308736 on Spot', () => {
    const charge = chargeOf(ECI, executor.annotated(SPOT).facts());

    expect(charge?.isSpot).toBe(true);
    expect(charge && decimalText(costOf(charge.rate, seconds, 100))).toBe('0.0308736');
  });
});

describe('the size that a pod is billed as', () => {
  it.for([
    ['the smallest that holds it', { cpu: '500m', memory: '1Gi' }, {}, '1-2'],
    ['holding memory, too: the cheapest', { cpu: '1', memory: '2049Mi' }, {}, '1-8'],
    ['holding cpu, too', { cpu: '1001m', memory: '1Gi' }, {}, '2-4'],
    ['none, when all are too small', { cpu: '4', memory: '1Gi' }, {}, undefined],
    ['the smallest of all for a pod that requests nothing', {}, {}, '1-2'],
    [
      'what its annotation asks for, whatever it requests',
      { cpu: '1', memory: '1Gi' },
      { 'k8s.aliyun.com/eci-use-specs': '2-4Gi' },
      '2-4',
    ],
    [
      'the first that its annotation asks for',
      { cpu: '2', memory: '4Gi' },
      { 'k8s.aliyun.com/eci-use-specs': '1-2Gi,2-4Gi' },
      '1-2',
    ],
    [
      'what it requests, when its annotation names a type of machine',
      { cpu: '2', memory: '4Gi' },
      { 'k8s.aliyun.com/eci-use-specs': 'ecs.c6.large' },
      '2-4',
    ],
  ] as const)('is %s', ([, requests, annotations, expected]) => {
    const pod = aPod('p').requesting(requests).annotated(annotations).facts();

    expect(chargeOf(ECI, pod)?.size.text).toBe(expected);
  });

  it('is Spot only with all the annotations of Spot', () => {
    const other = { 'k8s.aliyun.com/eci-spot-strategy': 'NoSpot' };

    expect(chargeOf(ECI, executor.annotated(other).facts())?.isSpot).toBe(false);
    expect(chargeOf({ ...ECI, spot: undefined }, executor.annotated(SPOT).facts())?.isSpot).toBe(false);
  });
});

describe('the price of a node', () => {
  const rate = { amount: parseDecimal('1') ?? 0n, seconds: 3_600 } as const;
  const machines: Price = { name: 'ECS', nodeSelector: {}, by: 'node', rate };

  it('is the first whose labels it carries', () => {
    const list = { currency: '¥', prices: [ECI, machines] };

    expect(priceOf(list, { type: 'virtual-kubelet', a: 'b' })?.name).toBe('ECI');
    expect(priceOf(list, { a: 'b' })?.name).toBe('ECS');
    expect(priceOf({ ...list, prices: [ECI] }, {})).toBeUndefined();
  });

  it('by the hour is billed by the second', () => {
    expect(decimalText(costOf(rate, 90, 2))).toBe('0.05');
    expect(decimalText(costOf(rate, 1, 1))).toBe('0.0002777778');
  });
});

it('a second that has begun is billed, the start of a pod is not', () => {
  expect(billedSeconds(1, 0)).toBe(1);
  expect(billedSeconds(1_001, 0)).toBe(2);
  expect(billedSeconds(20_000, 15)).toBe(5);
  expect(billedSeconds(10_000, 15)).toBe(0);
});
