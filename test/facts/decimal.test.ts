import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, parseDecimal, shareOf, times } from '../../src/facts/decimal.ts';

const parsed = (value: unknown): bigint => parseDecimal(value) ?? -1n;

describe('an amount of money', () => {
  it.for([
    ['0.00004288', '0.00004288'],
    [0.00004288, '0.00004288'],
    [4.288e-7, '0.0000004288'],
    ['4.288E-05', '0.00004288'],
    ['1e3', '1000'],
    [3, '3'],
    ['007.50', '7.5'],
    ['0', '0'],
    ['0.000000000000000001', '0'],
    ['0.00000000005', '0.0000000001'],
    ['123456789012345678901234.5', '123456789012345678901234.5'],
  ])('%j is read exactly and written as %j, with ten decimals at most', ([given, text]) => {
    expect(decimalText(parsed(given))).toBe(text);
  });

  it.for([
    '',
    '-1',
    '1.',
    '.5',
    '1,5',
    '¥1',
    '1e',
    'NaN',
    '0.0000000000000000001',
    true,
    null,
    undefined,
    {},
  ])('%j is none', (given) => {
    expect(parseDecimal(given)).toBeUndefined();
  });

  it('is multiplied and shared out without error', () => {
    expect(decimalText(times(parsed('0.00004288'), parsed('0.1')))).toBe('0.000004288');
    expect(decimalText(shareOf(parsed('0.1'), 3))).toBe('0.3');
    expect(decimalText(shareOf(parsed('1'), 1_800, 3_600))).toBe('0.5');
    expect(decimalText(shareOf(parsed('1'), 2, 3))).toBe('0.6666666667');
  });

  it('any number of up to ten decimals comes out as it went in', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(9_999_999), (whole, fraction) => {
        const text = `${whole}.${String(fraction).padStart(10, '0')}`.replace(/\.?0+$/, '');
        expect(decimalText(parsed(text))).toBe(text);
      }),
    );
  });
});
