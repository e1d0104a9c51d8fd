import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/facts/labels.ts';
import { carriesAll, labelOf } from '../../src/facts/labels.ts';

/** Labels as JSON brings them: `__proto__` is a key like any other. */
function fromJson(text: string): Labels {
  const labels: Labels = JSON.parse(text);
  return labels;
}

describe('the value of a label', () => {
  const cases: Record<string, { labels: Labels; key: string; want: string | undefined }> = {
    there: { labels: { app: 'spark' }, key: 'app', want: 'spark' },
    'there and empty': { labels: { app: '' }, key: 'app', want: '' },
    'not there': { labels: {}, key: 'app', want: undefined },
    'constructor is not inherited': { labels: {}, key: 'constructor', want: undefined },
    'toString is not inherited': { labels: {}, key: 'toString', want: undefined },
    '__proto__ is not inherited': { labels: {}, key: '__proto__', want: undefined },
    '__proto__ from the wire': { labels: fromJson('{"__proto__":"x"}'), key: '__proto__', want: 'x' },
  };

  it.for(Object.entries(cases))('%s', ([, { labels, key, want }]) => {
    expect(labelOf(labels, key)).toBe(want);
  });
});

describe('labels carry all that is wanted', () => {
  const cases: Record<string, { labels: Labels; wanted: Labels; want: boolean }> = {
    'nothing wanted': { labels: {}, wanted: {}, want: true },
    'all, and more': { labels: { a: '1', b: '2' }, wanted: { a: '1' }, want: true },
    'one of two': { labels: { a: '1' }, wanted: { a: '1', b: '2' }, want: false },
    'another value': { labels: { a: '2' }, wanted: { a: '1' }, want: false },
    '__proto__ wanted of labels without it': {
      labels: {},
      wanted: fromJson('{"__proto__":"x"}'),
      want: false,
    },
  };

  it.for(Object.entries(cases))('%s', ([, { labels, wanted, want }]) => {
    expect(carriesAll(labels, wanted)).toBe(want);
  });
});
