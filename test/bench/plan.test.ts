import { expect, test } from 'vitest';
import { planRuns, secondsLeft } from '../../bench/run/plan.ts';
import { Churn } from '../../bench/run/churn.ts';
import { playArrival } from '../../bench/run/arrival-player.ts';
import { inParallel } from '../../bench/cluster/in-parallel.ts';

test('every other round goes backward', () => {
  const order = planRuns(['a', 'b', 'c'], 3).map(({ variant, round }) => `${variant}${round}`);
  expect(order.join(' ')).toBe('a1 b1 c1 c2 b2 a2 a3 b3 c3');
});

test('what is left is judged by runs of the same variant, else by all', () => {
  const done = [
    { variant: 'slow', seconds: 100 },
    { variant: 'fast', seconds: 10 },
    { variant: 'fast', seconds: 20 },
  ];
  expect(secondsLeft(done, ['slow', 'fast'])).toBe(115);
  expect(secondsLeft(done, ['new'])).toBeCloseTo(130 / 3);
  expect(secondsLeft([], ['new'])).toBeUndefined();
  expect(secondsLeft(done, [])).toBe(0);
});

test('so many at a time, each once', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(2);
  expect(done.toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5]);
});

test('a failure stops the rest and is told', async () => {
  const begun: number[] = [];
  const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    await new Promise(setImmediate);
    if (item === 2) throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect(begun).not.toContain(6);
});

test('pods are sent when they are due, though answers take longer', async () => {
  const sentMs: number[] = [];
  const all = Promise.withResolvers<void>();
  const startMs = performance.now();
  // Nobody is answered before the last was sent: who waits for answers never comes to an end.
  await playArrival(['a', 'b', 'c'], { kind: 'rate', perSecond: 50 }, async () => {
    sentMs.push(performance.now() - startMs);
    if (sentMs.length === 3) all.resolve();
    await all.promise;
  });
  // Timers of Node.js may be a millisecond early.
  expect(sentMs[1]).toBeGreaterThanOrEqual(19);
  expect(sentMs[2]).toBeGreaterThanOrEqual(39);
});

async function refusesB(pod: string): Promise<void> {
  if (pod === 'b') throw new Error('refused');
}

test('a pod that cannot be created fails the arrival', async () => {
  for (const arrival of [{ kind: 'once' }, { kind: 'rate', perSecond: 1_000 }] as const) {
    await expect(playArrival(['a', 'b'], arrival, refusesB)).rejects.toThrow('refused');
  }
});

test('churn ends pods until it is stopped', async () => {
  let ended = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const churn = new Churn(1_000, async () => {
    ended += 1;
    if (ended === 3) resolve();
  });
  await promise;
  await churn.stop();
  const then = ended;
  await new Promise(setImmediate);
  expect(ended).toBe(then);
});

test('churn that fails is told when it is stopped', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const churn = new Churn(1_000, async () => {
    resolve();
    throw new Error('gone');
  });
  await promise;
  await expect(churn.stop()).rejects.toThrow('gone');
});
