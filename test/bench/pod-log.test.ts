import { expect, test } from 'vitest';
import { PodLog, type WatchedPod } from '../../bench/measure/pod-log.ts';
import { endingOf } from '../../bench/run/ending.ts';
import { timesOf } from '../../bench/run/times.ts';

interface PodState {
  readonly node?: string;
  readonly phase?: string;
  readonly waits?: boolean;
  readonly nominated?: string;
}

function pod(name: string, { node, phase = 'Pending', waits = false, nominated }: PodState = {}): WatchedPod {
  return {
    metadata: { name, resourceVersion: '1' },
    spec: node === undefined ? {} : { nodeName: node },
    status: {
      phase,
      conditions: waits ? [{ type: 'PodScheduled', status: 'False' }] : [],
      ...(nominated === undefined ? {} : { nominatedNodeName: nominated }),
    },
  };
}

/** Every pod is measured. */
function aLog(): PodLog {
  return new PodLog(() => 'measured');
}

test('the first event that shows a change has its time', () => {
  const log = aLog();
  log.see('ADDED', pod('a'), 10);
  log.see('MODIFIED', pod('a', { waits: true }), 15);
  log.see('MODIFIED', pod('a', { node: 'n' }), 20);
  log.see('MODIFIED', pod('a', { node: 'n', phase: 'Running' }), 30);
  log.see('MODIFIED', pod('a', { node: 'n', phase: 'Running' }), 40);
  expect(log.pods.get('a')).toMatchObject({ createdMs: 10, boundMs: 20, nodeName: 'n', runningMs: 30 });
  expect(log.counts('measured')).toEqual({ created: 1, bound: 1, running: 1, waited: 1 });
});

test('bindings and departures are in the order of the watch; a pod that had no node leaves no trace', () => {
  const log = aLog();
  for (const name of ['a', 'b', 'c']) log.see('ADDED', pod(name), 0);
  log.see('MODIFIED', pod('b', { node: 'n' }), 1);
  log.see('MODIFIED', pod('a', { node: 'm' }), 2);
  log.see('DELETED', pod('b', { node: 'n' }), 3);
  log.see('DELETED', pod('c'), 4);
  expect(log.events.map(({ kind, pod: name }) => `${name} ${kind}`)).toEqual([
    'b bound',
    'a bound',
    'b gone',
  ]);
  expect(log.alive.map(({ name }) => name)).toEqual(['a']);
});

test('a binding tells since when the pod had been nominated for that node', () => {
  const log = aLog();
  for (const name of ['as-said', 'elsewhere', 'withdrawn', 'again'])
    log.see('ADDED', pod(name, { nominated: 'n' }), 1);
  log.see('MODIFIED', pod('as-said', { nominated: 'n', waits: true }), 2);
  log.see('MODIFIED', pod('withdrawn'), 2);
  log.see('MODIFIED', pod('again', { nominated: 'm' }), 2);
  log.see('MODIFIED', pod('again', { nominated: 'n' }), 3);
  log.see('MODIFIED', pod('as-said', { node: 'n' }), 5);
  log.see('MODIFIED', pod('elsewhere', { node: 'm', nominated: 'n' }), 5);
  log.see('MODIFIED', pod('withdrawn', { node: 'n' }), 5);
  log.see('MODIFIED', pod('again', { node: 'n', nominated: 'n' }), 5);
  expect(log.events.map(({ pod: name, nominatedMs }) => [name, nominatedMs])).toEqual([
    ['as-said', 1],
    ['elsewhere', undefined],
    ['withdrawn', undefined],
    ['again', 3],
  ]);
});

const rule = { expected: 1, total: 2, untilRunning: false, stallMs: 100, limitMs: 1_000 };

test('a run is complete when the others were told that they wait', () => {
  const log = aLog();
  const at = { startMs: 0, arrivedMs: 5, nowMs: 20 };
  log.see('ADDED', pod('a', { node: 'n' }), 1);
  log.see('ADDED', pod('b'), 1);
  expect(endingOf(log, rule, at)).toBeUndefined();
  log.see('MODIFIED', pod('b', { waits: true }), 2);
  expect(endingOf(log, rule, at)).toEqual({ cutBy: undefined });
  expect(endingOf(log, { ...rule, untilRunning: true }, at)).toBeUndefined();
  expect(endingOf(log, rule, { ...at, arrivedMs: undefined })).toBeUndefined();
});

test('a run that gets nowhere ends, counted from the last change after the arrival', () => {
  const log = aLog();
  log.see('ADDED', pod('a'), 500);
  const at = { startMs: 0, arrivedMs: 400, nowMs: 590 };
  expect(endingOf(log, rule, at)).toBeUndefined();
  expect(endingOf(log, rule, { ...at, nowMs: 601 })?.cutBy).toBe('nothing happened for 0.1 s');
  expect(endingOf(log, rule, { ...at, arrivedMs: undefined, nowMs: 999 })).toBeUndefined();
  expect(endingOf(log, rule, { ...at, arrivedMs: undefined, nowMs: 1_001 })?.cutBy).toBe(
    'the limit of 1 s was over',
  );
});

test('times of a run', () => {
  const log = aLog();
  for (let index = 0; index < 20; index += 1) {
    log.see('ADDED', pod(`p${index}`), 1_000);
    log.see('MODIFIED', pod(`p${index}`, { node: 'n' }), 1_100 + index * 100);
    log.see('MODIFIED', pod(`p${index}`, { node: 'n', phase: 'Running' }), 4_000);
  }
  const times = timesOf([...log.pods.values()], 1_000, 'latency');
  expect(times).toMatchObject({
    bound: 20,
    seconds: 2,
    scheduled: { p50: 1_000, p90: 1_800, max: 2_000 },
    running: { p50: 3_000, max: 3_000 },
    schedulingPercent: { p90: 60 },
    timeline: { binSeconds: 0.25 },
  });
  expect(times.podsPerSecond).toBeCloseTo(10);
  expect(times.timeline.bound.reduce((sum, count) => sum + count, 0)).toBe(20);
  expect(timesOf([...log.pods.values()], 1_000, 'drain').scheduled).toBeUndefined();
});
