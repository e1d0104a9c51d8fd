import { expect, test } from 'vitest';
import { eciCost, yuanText } from '../../bench/report/cost.ts';
import { costOf, eciPods, startChecks, zonesServed } from '../../bench/report/eci.ts';
import { distributionOf } from '../../bench/report/statistics.ts';
import { aWorkload, measured } from './builders.ts';

/** The lecture's: 100 executors of 1 CPU and 2 GiB, 87 s of which 15 s are start-up, Spot at a tenth. */
const lecture = { yuanPerSecond: 0.00004288, jobSeconds: 87, startSeconds: 15, spotPercent: 10 };

test("the lecture's two sums, to the last digit", () => {
  expect(eciCost(lecture, 100)).toEqual({ yuan: 0.308736, spotYuan: 0.0308736 });
  expect(yuanText(eciCost(lecture, 100).yuan)).toBe('¥0.308736');
  expect(yuanText(eciCost(lecture, 100).spotYuan!)).toBe('¥0.0308736');
});

test('nothing on ECI costs nothing; a job shorter than its start is not billed', () => {
  expect(eciCost(lecture, 0)).toEqual({ yuan: 0, spotYuan: 0 });
  expect(eciCost({ ...lecture, jobSeconds: 10 }, 5).yuan).toBe(0);
});

test('without a Spot price there is no Spot sum', () => {
  const { spotPercent: _, ...onDemand } = lecture;
  expect(eciCost(onDemand, 1).spotYuan).toBeUndefined();
});

test('only pods in units of virtual nodes are paid for', () => {
  const workload = aWorkload({ cost: lecture });
  const run = measured({ placement: { ...measured().placement, perUnit: [40, 60] } });
  expect(eciPods(workload.units, run)).toBe(60);
  expect(costOf(workload, run)?.yuan).toBe(eciCost(lecture, 60).yuan);
  expect(costOf(aWorkload(), run)).toBeUndefined();
});

test('figures of the start are held against those of the run', () => {
  const workload = aWorkload({
    mode: 'latency',
    arrival: 'once',
    start: {},
    runningWithin: [
      { percent: 90, time: '15s' },
      { percent: 100, time: '17s' },
    ],
  });
  const running = distributionOf(Array.from({ length: 100 }, (_, pod) => (pod + 1) * 100));
  const scheduled = distributionOf([20]);
  expect(startChecks(workload, measured({ running, scheduled }))).toEqual([
    { percent: 90, withinSeconds: 15, seconds: 9, schedulingSeconds: 0.02 },
    { percent: 100, withinSeconds: 17, seconds: 10, schedulingSeconds: 0.02 },
  ]);
  expect(startChecks(workload, measured())).toEqual([]);
});

test('500 pods in 30 s are one zone', () => {
  expect(zonesServed(measured({ podsPerSecond: 50 }))).toBeCloseTo(3);
});
