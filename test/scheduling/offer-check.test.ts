import { describe, expect, it } from 'vitest';
import type { OfferDifference } from '../../src/scheduling/offer-check.ts';
import { differenceText, OfferCheck } from '../../src/scheduling/offer-check.ts';

const SURE = 10;

function check(percentage: number): { check: OfferCheck; told: (OfferDifference | undefined)[] } {
  const told: (OfferDifference | undefined)[] = [];
  return { check: new OfferCheck({ percentage, changed: (difference) => told.push(difference) }), told };
}

function see(subject: OfferCheck, offered: number, { times = SURE, nodeCount = 5_000 } = {}): void {
  for (let i = 0; i < times; i += 1) subject.saw(offered, nodeCount);
}

describe('offers of kube-scheduler', () => {
  it.each<[string, number, number, OfferDifference | undefined]>([
    ['as many as its own rule gives', 0, 500, undefined],
    ['fewer, which may be all that are feasible', 0, 37, undefined],
    ['all nodes, where its own rule was expected', 0, 5_000, 'more'],
    ['as its own rule gives, where all were expected', 100, 500, 'fewer'],
    ['as its own rule gives, where half were expected', 50, 500, 'fewer'],
    ['all nodes, as expected', 100, 5_000, undefined],
  ])('%s', (_what, percentage, offered, want) => {
    const { check: subject, told } = check(percentage);
    see(subject, offered);
    expect([subject.difference, told]).toEqual([want, want === undefined ? [] : [want]]);
  });

  it('are not judged by a few of them, nor in a small cluster', () => {
    const { check: subject } = check(100);
    see(subject, 500, { times: SURE - 1 });
    see(subject, 5_000, { times: 1 });
    see(subject, 500, { times: SURE - 1 });
    see(subject, 90, { nodeCount: 199, times: 100 });
    expect(subject.difference).toBeUndefined();
  });

  it('are not judged while nodes come and go', () => {
    const { check: subject } = check(0);
    for (let i = 0; i < 100; i += 1) subject.saw(5_000, 5_000 + i);
    expect(subject.difference).toBeUndefined();
  });

  it('are found right again once they are', () => {
    const { check: subject, told } = check(0);
    see(subject, 5_000);
    see(subject, 37);
    expect(subject.difference).toBe('more');
    see(subject, 500);
    expect(told).toEqual(['more', undefined]);
  });

  it('that differ are told with the way out', () => {
    expect(differenceText('more', 0)).toContain('percentageOfNodesToScore unset');
    expect(differenceText('fewer', 100)).toContain('leave --percentage-of-nodes-to-score out');
  });
});
