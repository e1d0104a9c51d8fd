import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Move } from './sampled-cluster.ts';
import { SampledCluster } from './sampled-cluster.ts';

describe('with offers that do not name all nodes', () => {
  it('no pod goes to a later unit while an earlier one has room, and each is placed in the end', async () => {
    const size = fc.record({
      paid: fc.integer({ min: 1, max: 4 }),
      shut: fc.nat(6),
      closed: fc.nat(6),
      max: fc.integer({ min: 1, max: 9 }),
    });
    const moves = fc.array(
      fc.tuple(
        fc.oneof(
          { weight: 6, arbitrary: fc.constant<Move>('attempt') },
          { weight: 6, arbitrary: fc.constant<Move>('deliver') },
          { weight: 3, arbitrary: fc.constant<Move>('finish') },
          { weight: 1, arbitrary: fc.constantFrom<Move>('create', 'advance') },
        ),
        fc.nat(),
      ),
      { minLength: 40, maxLength: 100 },
    );
    const worlds = fc.asyncProperty(size, fc.integer({ min: 5, max: 30 }), moves, async (of, burst, made) => {
      const cluster = new SampledCluster(of);
      for (let pod = 0; pod < burst; pod += 1) await cluster.move('create', 0);
      for (const [move, pick] of made) await cluster.move(move, pick);
      expect(await cluster.untilPlaced()).toEqual([]);
      expect(cluster.outOfOrder).toEqual([]);
    });
    await fc.assert(worlds, { numRuns: 200 });
  });
});
