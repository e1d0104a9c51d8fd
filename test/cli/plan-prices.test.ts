import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { priceList } from '../../src/cli/plan-prices.ts';

const SHIPPED = join(import.meta.dirname, '../../examples/prices/eci.yaml');

const GOOD = `kind: PriceList
currency: CNY
prices:
  - name: ECI
    nodeSelector: {type: virtual-kubelet}
    perPod:
      startupSeconds: 15
      sizes:
        - {cpu: 1, memory: 2Gi, perSecond: 0.00004288}
      spot:
        podAnnotations: {spot: 'yes'}
        factor: 0.1
  - name: ECS
    perNode:
      perHour: '1.50'
`;

const read = (text: string): unknown => priceList({ name: 'prices.yaml', text });

describe('a price list', () => {
  it('is read exactly', () => {
    expect(read(GOOD)).toEqual({
      currency: 'CNY',
      prices: [
        {
          name: 'ECI',
          nodeSelector: { type: 'virtual-kubelet' },
          by: 'pod',
          startupSeconds: 15,
          sizes: [
            {
              cpu: 1_000,
              memory: 2 * 1024 ** 3,
              text: '1 CPU, 2Gi',
              rate: { amount: 42_880_000_000_000n, seconds: 1 },
            },
          ],
          spot: { podAnnotations: { spot: 'yes' }, factor: 100_000_000_000_000_000n },
        },
        {
          name: 'ECS',
          nodeSelector: {},
          by: 'node',
          rate: { amount: 1_500_000_000_000_000_000n, seconds: 3_600 },
        },
      ],
    });
  });

  it('that is shipped is one', () => {
    expect(read(readFileSync(SHIPPED, 'utf8'))).toMatchObject({
      currency: '¥',
      prices: [{ by: 'pod' }, { by: 'node', rate: { amount: 0n } }],
    });
  });
});

describe('what is wrong with a price list is named with its line', () => {
  const cases: Readonly<Record<string, readonly [string | RegExp, string, number | undefined, string]>> = {
    'another kind': ['PriceList', 'Prices', 1, 'kind: must be PriceList'],
    'no currency': ['currency: CNY', 'currency: 5', 2, 'currency: must be a text'],
    'no prices': [/prices:[^]*/, 'prices: []', 3, 'prices: must be a list of objects, at least one'],
    'a field that does not exist': [
      'perHour',
      'perDay',
      15,
      'prices[1].perNode.perDay: is not known here; known are perSecond, perHour',
    ],
    'neither pods nodes': [
      "    perNode:\n      perHour: '1.50'\n",
      '',
      13,
      'prices[1]: must have either perPod or perNode',
    ],
    'two rates': [
      'perSecond: 0.00004288',
      'perSecond: 1, perHour: 1',
      9,
      'prices[0].perPod.sizes[0]: must have either perSecond or perHour',
    ],
    'a negative price': [
      "'1.50'",
      '-1',
      15,
      'prices[1].perNode.perHour: must be a number, 0 or more, such as 0.00004288',
    ],
    'a size that is none': [
      '2Gi',
      '2GB!',
      9,
      'prices[0].perPod.sizes[0].memory: must be a quantity such as 1 or 2Gi',
    ],
    'a start of half a second': [
      '15',
      '0.5',
      7,
      'prices[0].perPod.startupSeconds: must be a whole number, 0 or more',
    ],
    'Spot that every pod is': [
      "{spot: 'yes'}",
      '{}',
      11,
      'prices[0].perPod.spot.podAnnotations: must say by which',
    ],
    'an annotation that is no text': [
      "'yes'",
      'yes',
      11,
      'prices[0].perPod.spot.podAnnotations: must map names to strings',
    ],
    'two documents': [
      'kind: PriceList',
      'kind: PriceList\n---\nkind: PriceList',
      undefined,
      'must hold one price list',
    ],
    'no YAML': ['currency: CNY', 'currency: [', 3, 'is no YAML: '],
  };

  it.for(Object.entries(cases))('%s', ([, [from, to, line, message]]) => {
    expect(read(GOOD.replace(from, to))).toEqual({
      file: 'prices.yaml',
      line,
      message: expect.stringContaining(message),
    });
  });
});
