import { describe, expect, it } from 'vitest';
import {
  parseBoolean,
  parseCount,
  parseDuration,
  parseEndpoint,
  parseLabels,
  parseSpan,
} from '../../src/cli/values.ts';

describe('durations, in milliseconds', () => {
  it.for([
    ['500ms', 500],
    ['30s', 30_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['1m30s', 90_000],
    ['1h0m0.5s', 3_600_500],
    ['1.5h', 5_400_000],
  ] as const)('%s', ([text, want]) => {
    expect(parseDuration(text)).toBe(want);
  });

  it.for(['0s', '25h', '0.0ms'])('"%s" is out of range', (text) => {
    expect(() => parseDuration(text)).toThrow(`"${text}" is not between 1ms and 24h.`);
  });

  it.for(['', '0', '30', '1m30', '-1s', '+1s', '1 s', ' 1s', '1d', 's', '1e3s', '.5s', '1s,2s', 'soon'])(
    '"%s" is none',
    (text) => {
      expect(() => parseDuration(text)).toThrow(`"${text}" is not a duration such as 500ms, 30s or 1m30s.`);
    },
  );
});

describe('spans of any length', () => {
  it('may be longer than a day', () => {
    expect(parseSpan('72h')).toBe(259_200_000);
  });

  it('are counted in milliseconds that a number can hold', () => {
    expect(() => parseSpan(`${'9'.repeat(20)}h`)).toThrow('is too long');
  });
});

describe('addresses', () => {
  it.for([
    ['127.0.0.1:8910', { host: '127.0.0.1', port: 8910 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ] as const)('%s', ([text, want]) => {
    expect(parseEndpoint(text)).toEqual(want);
  });

  it.for([
    '',
    '8910',
    ':8910',
    'localhost',
    'localhost:',
    'localhost:http',
    'localhost:65536',
    '::1:80',
    '[::1]',
    '[]:80',
    'http://localhost:80',
    '127.0.0.1:-1',
  ])('"%s" is none', (text) => {
    expect(() => parseEndpoint(text)).toThrow(
      `"${text}" is not HOST:PORT, such as 127.0.0.1:8910 or [::1]:8910.`,
    );
  });
});

describe('labels', () => {
  it.for([
    ['type=virtual-kubelet', { type: 'virtual-kubelet' }],
    ['a=1,example.com/b=2', { a: '1', 'example.com/b': '2' }],
    ['empty=', { empty: '' }],
    ['a=b=c', { a: 'b=c' }],
  ] as const)('%s', ([text, want]) => {
    expect(parseLabels(text)).toEqual(want);
  });

  it('named __proto__ is one', () => {
    expect(Object.entries(parseLabels('__proto__=x'))).toEqual([['__proto__', 'x']]);
  });

  it.for(['', 'type', '=x', 'a=1,', 'a=1,,b=2'])('"%s" are none', (text) => {
    expect(() => parseLabels(text)).toThrow(`"${text}" is not KEY=VALUE[,KEY=VALUE…].`);
  });
});

describe('counts', () => {
  it.for([
    ['1', 1],
    ['32', 32],
  ] as const)('%s', ([text, want]) => {
    expect(parseCount(text)).toBe(want);
  });

  it.for(['', '0', '-1', '1.5', 'many', 'Infinity', '1 MB'])('"%s" is none', (text) => {
    expect(() => parseCount(text)).toThrow(`"${text}" is not a whole number above 0.`);
  });
});

describe('yes and no', () => {
  it('are true and false', () => {
    expect([parseBoolean('true'), parseBoolean('false')]).toEqual([true, false]);
  });

  it.for(['', 'True', 'yes', '1', 'truefalse'])('"%s" is neither', (text) => {
    expect(() => parseBoolean(text)).toThrow(`"${text}" is neither true nor false.`);
  });
});
