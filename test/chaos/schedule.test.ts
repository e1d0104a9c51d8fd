import { describe, expect, it } from 'vitest';
import type { FaultKind } from './faults/kinds.ts';
import { kindsFor } from './faults/kinds.ts';
import type { Episode } from './schedule.ts';
import { episodes, FULL_DURATIONS } from './schedule.ts';

const ALL = kindsFor(2);

function plan(seed: number, count: number, kinds: readonly FaultKind[] = ALL): Episode[] {
  const all = episodes({ seed, kinds, durations: FULL_DURATIONS });
  return Array.from({ length: count }, () => all.next().value);
}

describe('the plan of faults', () => {
  it('follows from the seed', () => {
    expect(plan(7, 200)).toEqual(plan(7, 200));
    expect(plan(7, 200)).not.toEqual(plan(8, 200));
  });

  it('has each kind once before anything comes again', () => {
    const first = plan(7, ALL.length).map(({ faults }) => faults.map(({ kind }) => kind));

    expect(first.flat().toSorted()).toEqual(ALL.toSorted());
  });

  it('has faults that come together', () => {
    const later = plan(7, 200).slice(ALL.length);

    expect(later.filter(({ faults }) => faults.length > 1).length).toBeGreaterThan(50);
  });

  it('keeps to the kinds that are asked for, in combinations too', () => {
    const kinds: FaultKind[] = ['extender-kill', 'binds-late'];
    const used = plan(7, 100, kinds).flatMap(({ faults }) => faults.map(({ kind }) => kind));

    expect(new Set(used)).toEqual(new Set(kinds));
  });

  it('keeps to the durations: freezes from 5 to 90 s, most of them short', () => {
    const freezes = plan(7, 2_000)
      .flatMap(({ faults }) => faults)
      .filter(({ kind }) => kind.endsWith('-freeze') && kind !== 'etcd-freeze')
      .map(({ forMs }) => forMs)
      .toSorted((a, b) => a - b);

    expect(freezes[0]).toBeGreaterThanOrEqual(5_000);
    expect(freezes.at(-1)).toBeLessThanOrEqual(90_000);
    expect(freezes.at(-1)).toBeGreaterThan(60_000);
    expect(freezes[Math.floor(freezes.length / 2)]).toBeLessThan(20_000);
  });

  it('leaves leaders out where there is one replica', () => {
    expect(kindsFor(2).filter((kind) => !kindsFor(1).includes(kind))).toEqual([
      'leader-kill',
      'leader-freeze',
    ]);
  });
});
