import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/page/slices.ts';
import { Slices } from '../../src/page/slices.ts';
import { sorted } from '../../src/page/sorted.ts';
import { Keeper } from '../../src/page/kept.ts';

/** Every bit of work takes this long. */
function steps(clock: { ms: number }, count: number, stepMs: number): Task<number> {
  return (function* work() {
    for (let step = 0; step < count; step += 1) {
      clock.ms += stepMs;
      yield;
    }
    return count;
  })();
}

function* failing(): Task<number> {
  yield;
  throw new Error('broken');
}

function byRank(a: { readonly rank: number }, b: { readonly rank: number }): number {
  return a.rank - b.rank;
}

describe('long work', () => {
  it('stops after 2 ms for 8 ms, however many tasks there are', async () => {
    const clock = { ms: 0 };
    const stretches: number[] = [];
    let begunMs = 0;
    const slices = new Slices({
      nowMs: () => clock.ms,
      pause: async (ms) => {
        stretches.push(clock.ms - begunMs);
        clock.ms += ms;
        begunMs = clock.ms;
      },
    });

    const results = await Promise.all([slices.run(steps(clock, 40, 0.1)), slices.run(steps(clock, 40, 0.1))]);

    expect(results).toEqual([40, 40]);
    expect(stretches.length).toBeGreaterThanOrEqual(3);
    for (const stretch of stretches) expect(stretch).toBeLessThanOrEqual(2.1 + 1e-9);
    expect(clock.ms).toBeGreaterThanOrEqual(8 + stretches.length * 8 - 1e-9);
  });

  it('that fails fails alone', async () => {
    const slices = new Slices({ nowMs: () => 0, pause: async () => undefined });

    const [failed, next] = await Promise.allSettled([
      slices.run(failing()),
      slices.run(steps({ ms: 0 }, 3, 0)),
    ]);

    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'broken' } });
    expect(next).toMatchObject({ status: 'fulfilled', value: 3 });
  });
});

describe('sorting in slices', () => {
  it('gives what sorting gives, and keeps equal items as they were', async () => {
    const items = Array.from({ length: 1_000 }, (_, index) => ({ rank: (index * 7_919) % 97, index }));
    const slices = new Slices({ nowMs: () => 0, pause: async () => undefined });

    expect(await slices.run(sorted(items, byRank))).toEqual(items.toSorted(byRank));
    expect(await slices.run(sorted([], byRank))).toEqual([]);
  });
});

describe('kept answers', () => {
  it('that were dear are kept for five times as long as they took', async () => {
    let nowMs = 0;
    let worked = 0;
    const keeper = new Keeper<number>(() => nowMs);
    const workOut = async (): Promise<number> => {
      nowMs += 1_000;
      worked += 1;
      return worked;
    };

    await keeper.get('q', workOut);
    nowMs += 4_999;
    expect(await keeper.get('q', workOut)).toMatchObject({ answer: 1, atMs: 1_000 });
    nowMs += 1;
    expect(await keeper.get('q', workOut)).toMatchObject({ answer: 2 });
  });

  it('that failed are not', async () => {
    const keeper = new Keeper<number>(() => 0);

    await expect(keeper.get('q', async () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await keeper.get('q', async () => 7)).toMatchObject({ answer: 7 });
  });

  it('are 64 at most: the one asked for longest ago is worked out anew', async () => {
    const keeper = new Keeper<number>(() => 0);
    for (let index = 0; index < 65; index += 1) await keeper.get(`q${index}`, async () => index);

    expect(await keeper.get('q64', async () => -1)).toMatchObject({ answer: 64 });
    expect(await keeper.get('q0', async () => -1)).toMatchObject({ answer: -1 });
  });
});
