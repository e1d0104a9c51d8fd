import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAmount } from '../../src/facts/quantity.ts';

const MOST = Number.MAX_SAFE_INTEGER;

/** `digits` with so many of them behind the decimal point. */
function text(digits: bigint, decimals: number): string {
  const padded = String(digits).padStart(decimals + 1, '0');
  const point = padded.length - decimals;
  return `${padded.slice(0, point)}.${padded.slice(point)}`;
}

describe('an amount of cpu is in millicores, of anything else in its own unit', () => {
  const cases: [quantity: unknown, cpu: number, other: number][] = [
    ['0', 0, 0],
    ['4', 4_000, 4],
    ['100m', 100, 1],
    ['1500m', 1_500, 2],
    ['0.5', 500, 1],
    ['.5', 500, 1],
    ['5.', 5_000, 5],
    ['007', 7_000, 7],
    ['+2', 2_000, 2],
    ['1n', 1, 1],
    ['1000000n', 1, 1],
    ['1000001n', 2, 1],
    ['1500u', 2, 1],
    ['0.1m', 1, 1],
    ['0.0000000001', 1, 1],
    ['1k', 1_000_000, 1_000],
    ['1M', 1e9, 1e6],
    ['1G', 1e12, 1e9],
    ['1T', 1e15, 1e12],
    ['1P', MOST, 1e15],
    ['1Ki', 1_024_000, 1_024],
    ['1.5Gi', 1536 * 2 ** 20 * 1_000, 1536 * 2 ** 20],
    ['0.3Ki', 307_200, 308],
    ['1Mi', 2 ** 20 * 1_000, 2 ** 20],
    ['1Ti', 2 ** 40 * 1_000, 2 ** 40],
    ['1Pi', MOST, 2 ** 50],
    ['1e3', 1_000_000, 1_000],
    ['1E3', 1_000_000, 1_000],
    ['1e+3', 1_000_000, 1_000],
    ['12e-1', 1_200, 2],
    ['9007199254740.991', MOST, 9_007_199_254_741],
    // Numbers, as YAML without quotation marks gives them.
    [4, 4_000, 4],
    [0.5, 500, 1],
    [0.1, 100, 1],
    [1e-7, 1, 1],
    [0, 0, 0],
    [-0, 0, 0],
    // Negative ones are quantities too, rounded away from zero.
    ['-1', -1_000, -1],
    ['-1500m', -1_500, -2],
    [-4, -4_000, -4],
    ['-0', 0, 0],
  ];

  it.for(cases)('%s', ([quantity, cpu, other]) => {
    expect({
      cpu: parseAmount('cpu', quantity),
      memory: parseAmount('memory', quantity),
      gpu: parseAmount('nvidia.com/gpu', quantity),
    }).toEqual({ cpu, memory: other, gpu: other });
  });
});

describe('an amount too large for exact arithmetic is cut to the largest', () => {
  const cases = [
    '9007199254740992',
    '1E',
    '8Pi',
    '1Ei',
    '1e16',
    '1e100',
    '1e999999999',
    '9'.repeat(400),
    1e21,
  ];

  it.for(cases)('%s', (quantity) => {
    expect(parseAmount('memory', quantity)).toBe(MOST);
  });

  it('on either side of zero', () => {
    expect(parseAmount('memory', '-1E')).toBe(-MOST);
  });

  it('but not one whose digits and exponent cancel each other out', () => {
    expect(parseAmount('memory', `0.${'0'.repeat(59)}7e60`)).toBe(7);
    expect(parseAmount('memory', `7${'0'.repeat(60)}e-60`)).toBe(7);
    expect(parseAmount('memory', '1e-999999999')).toBe(1);
    expect(parseAmount('memory', '0e999999999')).toBe(0);
  });
});

describe('no quantity', () => {
  const words = [
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '.',
    '+',
    '-',
    'm',
    'Ki',
    'four',
    '1.2.3',
    '--1',
    '1,5',
    '0x10',
    '١',
  ];
  const suffixes = [
    '1K',
    '1g',
    '8GiB',
    '8GB',
    '1mi',
    '1ki',
    '1e',
    '1e+',
    '1e1.5',
    '1e3k',
    '1mm',
    '1 Gi',
    'NaN',
  ];
  const others = [NaN, Infinity, -Infinity, undefined, null, true, {}, ['1'], 1n];

  it.for([...words, ...suffixes, ...others].map((quantity) => ({ quantity })))(
    '$quantity',
    ({ quantity }) => {
      expect(parseAmount('cpu', quantity)).toBeUndefined();
    },
  );
});

it('a text of more than a thousand characters is none: reading a million digits takes half a second', () => {
  expect(parseAmount('memory', '9'.repeat(1_000))).toBe(MOST);
  expect(parseAmount('memory', '9'.repeat(1_001))).toBeUndefined();
});

describe('any quantity', () => {
  const SUFFIXES: Record<string, readonly [base: bigint, power: bigint]> = {
    '': [10n, 0n],
    k: [10n, 3n],
    M: [10n, 6n],
    e2: [10n, 2n],
    Ki: [2n, 10n],
    Gi: [2n, 30n],
  };
  const written = fc.record({
    digits: fc.bigInt({ min: 0n, max: 10n ** 8n }),
    decimals: fc.nat({ max: 9 }),
    suffix: fc.constantFrom(...Object.keys(SUFFIXES)),
    resource: fc.constantFrom('cpu', 'memory'),
  });

  it('is the least whole amount that is not below it', () => {
    fc.assert(
      fc.property(written, ({ digits, decimals, suffix, resource }) => {
        const [base, power] = SUFFIXES[suffix] ?? [0n, 0n];
        const perUnit = resource === 'cpu' ? 1_000n : 1n;
        // value = dividend / divisor, as a fraction.
        const dividend = digits * base ** power * perUnit;
        const divisor = 10n ** BigInt(decimals);
        fc.pre(dividend / divisor < BigInt(MOST));

        const amount = BigInt(parseAmount(resource, text(digits, decimals) + suffix) ?? -1);

        expect(amount * divisor >= dividend).toBe(true);
        expect((amount - 1n) * divisor < dividend).toBe(true);
      }),
    );
  });

  it('is as large as its opposite', () => {
    fc.assert(
      fc.property(written, ({ digits, decimals, suffix, resource }) => {
        fc.pre(digits > 0n);
        const quantity = text(digits, decimals) + suffix;

        expect(parseAmount(resource, `-${quantity}`)).toBe(-(parseAmount(resource, quantity) ?? NaN));
      }),
    );
  });

  it('may be a whole number of JSON', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        expect(parseAmount('memory', number)).toBe(number);
      }),
    );
  });
});
