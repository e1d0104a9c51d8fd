import { describe, expect, it } from 'vitest';
import { deletionCost } from '../../src/placement/scale-in.ts';
import { unitScore } from '../../src/placement/score.ts';
import { aPolicy } from '../support/builders.ts';

const pools = Array.from({ length: 12 }, (_, index) => ({ nodeSelector: { pool: `p${index}` } }));
const { units } = aPolicy('spark').spec({ units: pools }).parsed();

describe('scale-in: a ReplicaSet removes the lowest cost first, an absent one counts 0', () => {
  it('goes through the units backward', () => {
    expect(units.map((unit) => deletionCost(unit))).toEqual([
      undefined,
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((index) => -100 * index),
    ]);
  });
});

describe('scores of /prioritize', () => {
  it('fall with the order of the units, and stay within kube-scheduler’s range', () => {
    expect(units.map((unit) => unitScore(unit, undefined))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
  });

  it('are highest for the unit in which the pod has a reservation', () => {
    const reserved = units[11];

    expect(units.map((unit) => unitScore(unit, reserved))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 10]);
  });

  it('are 0 for a node in no unit', () => {
    expect(unitScore(undefined, undefined)).toBe(0);
    expect(unitScore(undefined, units[0])).toBe(0);
  });
});
