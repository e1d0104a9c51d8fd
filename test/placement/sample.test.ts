import { expect, test } from 'vitest';
import { MOST_NODES, Sampler } from '../../src/placement/sample.ts';

const names = (count: number, kind = 'node'): string[] =>
  Array.from({ length: count }, (_, n) => `${kind}-${n}`);

test('up to 100 candidates of the unit are all answered, in order when the first sample is taken', () => {
  const candidates = names(MOST_NODES);
  expect(new Sampler().sample(candidates, new Set(candidates))).toEqual(candidates);
});

test('of more candidates 100 are answered, and in turn each of them', () => {
  const candidates = names(1_000);
  const members = new Set(candidates);
  const sampler = new Sampler();
  const offered = new Map<string, number>();
  for (let pod = 0; pod < 10; pod += 1) {
    const sample = sampler.sample(candidates, members);
    expect(sample).toHaveLength(MOST_NODES);
    for (const name of sample) offered.set(name, (offered.get(name) ?? 0) + 1);
  }
  expect([...new Set(offered.values())]).toEqual([1]);
  expect(offered.size).toBe(1_000);
});

test('the only two nodes of a unit are found wherever the last sample ended', () => {
  const candidates = [...names(500), 'eci-0', ...names(500, 'other'), 'eci-1'];
  const sampler = new Sampler();
  sampler.sample(candidates, new Set(names(300)));
  expect(sampler.sample(candidates, new Set(['eci-0', 'eci-1'])).toSorted()).toEqual(['eci-0', 'eci-1']);
});

test('candidates of other units are never answered', () => {
  const sampler = new Sampler();
  expect(sampler.sample(names(10), new Set(['elsewhere']))).toEqual([]);
  expect(sampler.sample([], new Set(['elsewhere']))).toEqual([]);
});
