import { describe, expect, test } from 'vitest';
import { Waits } from '../../src/scheduling/waits.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aPod, aPolicy } from '../support/builders.ts';

const MINUTE = 60_000;
const policy = aPolicy('spark')
  .unit({ resource: 'ecs', max: 2 })
  .unit({ resource: 'eci', max: 2 })
  .spec({ whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' } })
  .parsed();
const [ecs, eci] = policy.units as [(typeof policy.units)[0], (typeof policy.units)[0]];
const pod = aPod('e1');
/** When the tests begin: waits are kept in times of the calendar. */
const START = Date.UTC(2026, 0, 1);

/** One life of the program. */
class Life {
  nowMs = START;
  /** Waits to be kept on the pod, as they began. */
  readonly kept: Readonly<Record<string, number>>[] = [];
  /** What was said to be left, in minutes. */
  readonly left: number[] = [];
  readonly #waits = new Waits({
    wallClock: () => this.nowMs,
    began: (_pod, since) => void this.kept.push(since),
    waiting: (_pod, leftMs) => void this.left.push(leftMs / MINUTE),
  });

  /** Minutes. */
  waited(unit: typeof ecs, of: PodBuilder = pod): number {
    return this.#waits.waitedMs(of.facts(), unit) / MINUTE;
  }

  wait(unit: typeof ecs, of: PodBuilder = pod): void {
    this.#waits.wait(of.facts(), policy, unit);
  }

  pass(minutes: number): void {
    this.nowMs += minutes * MINUTE;
  }
}

describe('a wait', () => {
  test('is counted from when the unit was first found lacking', () => {
    const life = new Life();
    life.pass(30);
    expect(life.waited(ecs)).toBe(0);
    life.wait(ecs);
    life.pass(3);
    life.wait(ecs);
    life.pass(1);
    expect(life.waited(ecs)).toBe(4);
  });

  test('is kept once, and what is left of it is said each time', () => {
    const life = new Life();
    life.wait(ecs);
    life.pass(3);
    life.wait(ecs);
    expect(life.kept).toEqual([{ ecs: START }]);
    expect(life.left).toEqual([10, 7]);
  });

  test('is counted by unit', () => {
    const life = new Life();
    life.wait(ecs);
    life.pass(10);
    life.wait(eci);
    life.pass(2);
    expect([life.waited(ecs), life.waited(eci)]).toEqual([12, 2]);
    expect(life.kept).toEqual([{ ecs: START }, { ecs: START, eci: START + 10 * MINUTE }]);
    expect(life.left).toEqual([10, 10]);
  });

  test('is counted by pod, and one recreated under its name is another', () => {
    const life = new Life();
    life.wait(ecs);
    life.pass(5);
    expect(life.waited(ecs, aPod('e2'))).toBe(0);
    expect(life.waited(ecs, pod.uid('reborn'))).toBe(0);
  });
});

describe('after a restart', () => {
  test('a wait that the pod tells of goes on, and is not kept again', () => {
    const life = new Life();
    const waiting = pod.waitingSince({ ecs: START - 4 * MINUTE });
    expect(life.waited(ecs, waiting)).toBe(4);
    life.wait(ecs, waiting);
    expect(life.kept).toEqual([]);
    expect(life.left).toEqual([6]);
  });

  test('a wait in the next unit is kept beside those that the pod tells of', () => {
    const life = new Life();
    life.wait(eci, pod.waitingSince({ ecs: START - 11 * MINUTE }));
    expect(life.kept).toEqual([{ ecs: START - 11 * MINUTE, eci: START }]);
  });

  test.for([
    ['nothing', '{}'],
    ['no JSON', 'ecs'],
    ['no time', '{"ecs":"yesterday"}'],
    ['a number', '{"ecs":1767225600000}'],
    ['a list', '[]'],
  ] as const)('a pod that tells of %s begins anew', ([, text]) => {
    const life = new Life();
    const waiting = pod.annotated({ 'resource-policy.scheduling/waiting-since': text });
    expect(life.waited(ecs, waiting)).toBe(0);
    life.wait(ecs, waiting);
    expect(life.kept).toEqual([{ ecs: START }]);
  });
});

describe('a view of the pod that is behind', () => {
  test('does not begin the wait anew', () => {
    const life = new Life();
    life.wait(ecs);
    life.pass(5);
    expect(life.waited(ecs, pod)).toBe(5);
    life.wait(ecs, pod);
    expect(life.kept).toHaveLength(1);
  });
});

describe('a clock that is set', () => {
  test('forward ends the wait early', () => {
    const life = new Life();
    life.wait(ecs);
    life.pass(24 * 60);
    expect(life.waited(ecs)).toBe(24 * 60);
  });

  test('back begins the wait anew: it takes no longer than the timeout from then on', () => {
    const life = new Life();
    life.wait(ecs);
    life.pass(-24 * 60);
    expect(life.waited(ecs)).toBe(0);
    life.wait(ecs);
    life.pass(4);
    expect(life.waited(ecs)).toBe(4);
    expect(life.kept).toEqual([{ ecs: START }, { ecs: START - 24 * 60 * MINUTE }]);
    expect(life.left).toEqual([10, 10]);
  });

  test('back while the program was down begins the wait anew', () => {
    const life = new Life();
    const ahead = pod.waitingSince({ ecs: START + 60 * MINUTE, eci: START - MINUTE });
    expect(life.waited(ecs, ahead)).toBe(0);
    life.wait(ecs, ahead);
    life.pass(9);
    expect(life.waited(ecs, ahead)).toBe(9);
    expect(life.kept).toEqual([{ ecs: START, eci: START - MINUTE }]);
  });
});
