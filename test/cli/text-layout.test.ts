import { describe, expect, it } from 'vitest';
import { amountText, labelled, spanText, table, wrap } from '../../src/cli/text-layout.ts';

describe('tables', () => {
  it('have columns as wide as their widest cell; the last one wraps under itself', () => {
    expect(
      table(
        ['A', 'NAME'],
        [
          ['long', 'one two three four five six'],
          ['b', 'x'],
        ],
        30,
      ),
    ).toEqual(['A     NAME', 'long  one two three four five', '      six', 'b     x']);
  });

  it('keep line breaks of any cell', () => {
    expect(table(['A', 'B', 'C'], [['1\n2\n3', 'x', 'y\nz']], 80)).toEqual([
      'A  B  C',
      '1  x  y',
      '2     z',
      '3',
    ]);
  });

  it('end no line with spaces, and give the last column room however narrow the terminal', () => {
    expect(table(['A', 'B', ''], [['x'.repeat(30), '', 'one two three four five six']], 20)).toEqual([
      `A${' '.repeat(31)}B`,
      `${'x'.repeat(30)}     one two three four five`,
      `${' '.repeat(35)}six`,
    ]);
  });
});

describe('labelled paragraphs', () => {
  it('line up, wrap, and keep line breaks; those without text are left out', () => {
    expect(
      labelled(
        [
          ['Pod', 'a b'],
          ['Gone', undefined],
          ['Empty', ''],
          ['Policies', 'one\ntwo two two two two two'],
        ],
        30,
      ),
    ).toEqual(['Pod        a b', 'Policies   one', '           two two two two two two']);
  });
});

describe('wrapping', () => {
  it('breaks at spaces', () => {
    expect(wrap('a bb ccc d e', 6)).toEqual(['a bb', 'ccc d', 'e']);
  });

  it('breaks a word that is too long where a label name has a joint, and nowhere else', () => {
    expect(wrap('in ecs(a.b/zone=north,tier=paid) x', 16)).toEqual([
      'in ecs(a.b/zone=',
      'north,tier=paid)',
      'x',
    ]);
    expect(wrap('a dddddddd e', 6)).toEqual(['a', 'dddddddd', 'e']);
  });

  it('of nothing is an empty line', () => {
    expect(wrap('', 10)).toEqual(['']);
  });
});

describe('spans of time', () => {
  it.for([
    [-5_000, '0s'],
    [999, '0s'],
    [45_900, '45s'],
    [60_000, '1m'],
    [192_000, '3m12s'],
    [3_600_000, '1h'],
    [2 * 3_600_000 + 59_000, '2h'],
    [7_500_000, '2h5m'],
    [100 * 3_600_000, '4d4h'],
  ] as const)('%i ms is %s', ([ms, text]) => {
    expect(spanText(ms)).toBe(text);
  });
});

describe('amounts are quantities again, exactly', () => {
  it.for([
    ['cpu', 0, '0'],
    ['cpu', 4_000, '4'],
    ['cpu', 1_500, '1500m'],
    ['memory', 0, '0'],
    ['memory', 8 * 1024 ** 3, '8Gi'],
    ['memory', 896 * 1024 ** 2, '896Mi'],
    ['memory', 1.5e9, '1500M'],
    ['memory', 1_001, '1001'],
    ['ephemeral-storage', 2 * 1024, '2Ki'],
    ['hugepages-2Mi', 4 * 1024 ** 2, '4Mi'],
    ['nvidia.com/gpu', 1_024, '1024'],
  ] as const)('%s %i is %s', ([resource, amount, text]) => {
    expect(amountText(resource, amount)).toBe(text);
  });
});
