import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { PolicyRef } from '../../src/controllers/policy-events.ts';
import { PolicyEvents } from '../../src/controllers/policy-events.ts';
import { Timeline } from './timeline.ts';

const MINUTE = 60_000;
const RETRY_MS = 30_000;

const spark: PolicyRef = { namespace: 'default', name: 'spark', uid: 'uid-spark' };
const flink: PolicyRef = { namespace: 'default', name: 'flink', uid: 'uid-flink' };
const conflict = { reason: 'OtherPolicies', message: 'selected by twin too' };
const foreignCost = { reason: 'ForeignCost', message: 'somebody else wrote a cost' };

class Scene {
  readonly time = new Timeline();
  /** Policy, reason and minute of each report. */
  readonly reports: (readonly [string, string, number])[] = [];
  readonly log: { readonly level: number; readonly msg: string; readonly reason: string }[] = [];
  leads = true;
  readonly quietMs = new Set<number>();
  /** The API server's part in a report. */
  onReport: () => Promise<unknown> = async () => undefined;
  readonly events = new PolicyEvents({
    report: async ({ name }, { reason }, quietMs) => {
      this.reports.push([name, reason, this.time.nowMs() / MINUTE]);
      this.quietMs.add(quietMs);
      await this.onReport();
    },
    leads: () => this.leads,
    clock: this.time,
    schedule: this.time.schedule,
    logger: pino({ base: null }, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
  });
}

describe('what is wrong with a policy is reported', () => {
  it('once, however often it is found', async () => {
    const { events, reports, time } = new Scene();

    for (let second = 0; second < 60; second += 1) {
      events.warn(spark, [conflict, foreignCost]);
      await time.advance(1_000);
    }

    expect(reports).toEqual([
      ['spark', 'OtherPolicies', 0],
      ['spark', 'ForeignCost', 0],
    ]);
  });

  it('again every ten minutes as long as it lasts', async () => {
    const { events, reports, time } = new Scene();
    events.warn(spark, [conflict]);
    await time.advance(25 * MINUTE);

    events.warn(spark, []);
    await time.advance(60 * MINUTE);

    expect(reports.map(([, , minute]) => minute)).toEqual([0, 10, 20]);
    expect(time.planned).toBe(0);
  });

  it('not sooner when it comes and goes', async () => {
    const { events, reports, time } = new Scene();

    for (let minute = 0; minute < 12; minute += 1) {
      events.warn(spark, minute % 2 === 0 ? [conflict] : []);
      await time.advance(MINUTE);
    }

    expect(reports.map(([, , minute]) => minute)).toEqual([0, 10]);
  });

  it('at once when it is something new, and for each policy of its own', async () => {
    const { events, reports, time } = new Scene();
    events.warn(spark, [conflict]);
    await time.advance(MINUTE);

    events.warn(spark, [{ ...conflict, message: 'selected by another too' }]);
    events.warn(flink, [conflict]);
    events.warn({ ...spark, uid: 'made-anew' }, [conflict]);
    await time.advance(0);

    expect(reports).toEqual([
      ['spark', 'OtherPolicies', 0],
      ['spark', 'OtherPolicies', 1],
      ['flink', 'OtherPolicies', 1],
      ['spark', 'OtherPolicies', 1],
    ]);
  });

  it('once, although it is found again while it is being reported', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onReport = () => answer.promise;
    scene.events.warn(spark, [conflict]);
    await scene.time.advance(0);

    scene.events.warn(spark, [conflict]);
    answer.resolve();
    await scene.time.advance(MINUTE);

    expect(scene.reports).toHaveLength(1);
  });

  it('one thing at a time', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onReport = () => answer.promise;

    scene.events.warn(spark, [conflict, foreignCost]);
    await scene.time.advance(0);
    expect(scene.reports).toHaveLength(1);
    answer.resolve();
    await scene.time.advance(0);

    expect(scene.reports).toHaveLength(2);
  });
});

it('the same ten minutes are kept after a process that reported it before', async () => {
  const { events, quietMs, time } = new Scene();

  events.warn(spark, [conflict]);
  await time.advance(0);

  expect([...quietMs]).toEqual([10 * MINUTE]);
});

describe('nothing is reported', () => {
  it('of a policy that is gone', async () => {
    const { events, reports, time } = new Scene();
    events.warn(spark, [conflict]);

    events.gone(spark);
    await time.advance(60 * MINUTE);

    expect(reports).toEqual([]);
    expect(time.planned).toBe(0);
  });

  it('by who no longer leads; who leads again is told anew', async () => {
    const scene = new Scene();
    scene.events.warn(spark, [conflict]);
    await scene.time.advance(MINUTE);

    scene.leads = false;
    await scene.time.advance(60 * MINUTE);
    expect(scene.reports).toHaveLength(1);

    scene.leads = true;
    scene.events.warn(spark, [conflict]);
    await scene.time.advance(0);
    expect(scene.reports.map(([, , minute]) => minute)).toEqual([0, 61]);
  });

  it('after the stop, which waits for the report under way', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onReport = () => answer.promise;
    scene.events.warn(spark, [conflict, foreignCost]);
    await scene.time.advance(0);
    let isStopped = false;

    const stopped = scene.events.stop().then(() => (isStopped = true));
    await scene.time.advance(0);
    expect(isStopped).toBe(false);
    answer.resolve();
    await stopped;
    await scene.time.advance(60 * MINUTE);

    expect(scene.reports).toHaveLength(1);
  });
});

it('a report that failed is tried again as soon, although the same was found meanwhile', async () => {
  const scene = new Scene();
  const answer = Promise.withResolvers<void>();
  scene.onReport = () => (scene.reports.length === 1 ? answer.promise : Promise.resolve());
  scene.events.warn(spark, [conflict]);
  await scene.time.advance(0);

  scene.events.warn(spark, [conflict]);
  answer.reject(new Error('forbidden'));
  await scene.time.advance(RETRY_MS);

  expect(scene.reports).toHaveLength(2);
});

it('a report that failed is tried again, and the log tells once', async () => {
  const scene = new Scene();
  const failures = [new Error('forbidden'), new Error('forbidden')];
  scene.onReport = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  };

  scene.events.warn(spark, [conflict]);
  await scene.time.advance(10 * MINUTE);

  const retry = RETRY_MS / MINUTE;
  expect(scene.reports.map(([, , minute]) => minute)).toEqual([0, retry, 2 * retry]);
  expect(scene.log).toMatchObject([
    {
      level: 40,
      reason: 'OtherPolicies',
      msg: 'event of the policy could not be written; trying again',
    },
  ]);
});
