import { expect, test } from 'vitest';
import { extenderFigures, schedulerFigures, slowestAttemptMs } from '../../bench/measure/figures.ts';
import { busySecondsOf, cpuSecondsOf, residentMibOf } from '../../bench/measure/process-meter.ts';
import {
  boundOf,
  histogramOf,
  parseMetrics,
  quantileOf,
  since,
  sumOf,
} from '../../bench/measure/prometheus.ts';

const page = `# HELP t Time.
# TYPE t histogram
t_bucket{verb="a",le="0.1"} 50
t_bucket{verb="a",le="0.2"} 90
t_bucket{verb="a",le="+Inf"} 100
t_sum{verb="a"} 12.5
t_count{verb="a"} 100
calls{text="a \\"quoted\\", b"} 3
calls 4 1700000000000
not a metric`;
const samples = parseMetrics(page);

test('samples with their labels', () => {
  expect(samples).toContainEqual({ name: 'calls', labels: { text: 'a \\"quoted\\", b' }, value: 3 });
  expect(sumOf(samples, 'calls')).toBe(7);
  expect(sumOf(samples, 't_count', { verb: 'b' })).toBe(0);
});

test('quantiles lie between the bounds of their bucket, and never beyond the last', () => {
  const data = histogramOf(samples, 't')!;
  expect(quantileOf(data, 0.25)).toBeCloseTo(0.05);
  expect(quantileOf(data, 0.7)).toBeCloseTo(0.15);
  expect(quantileOf(data, 0.99)).toBeCloseTo(0.2);
  expect(boundOf(data)).toBe(Infinity);
});

test('histograms of several series are one; without observations there is none', () => {
  const both = parseMetrics(`${page}\n${page.replaceAll('verb="a"', 'verb="b"')}`);
  expect(histogramOf(both, 't')).toMatchObject({ count: 200, buckets: [{ count: 100 }, { count: 180 }, {}] });
  expect(histogramOf(samples, 'u')).toBeUndefined();
});

test('what happened since', () => {
  const later = parseMetrics(`${page.replace('} 3', '} 10')}\nfresh 2`);
  expect(sumOf(since(samples, later), 'calls', { text: 'a \\"quoted\\", b' })).toBe(7);
  expect(sumOf(since(samples, later), 'fresh')).toBe(2);
});

test("kube-scheduler's figures", () => {
  const scheduler = parseMetrics(`
scheduler_schedule_attempts_total{profile="p",result="scheduled"} 4
scheduler_schedule_attempts_total{profile="p",result="unschedulable"} 2
scheduler_scheduling_attempt_duration_seconds_bucket{result="scheduled",le="0.008"} 3
scheduler_scheduling_attempt_duration_seconds_bucket{result="scheduled",le="0.016"} 4
scheduler_scheduling_attempt_duration_seconds_bucket{result="scheduled",le="+Inf"} 4
scheduler_scheduling_attempt_duration_seconds_sum{result="scheduled"} 0.02
scheduler_scheduling_attempt_duration_seconds_count{result="scheduled"} 4
scheduler_framework_extension_point_duration_seconds_sum{extension_point="Score"} 0.01
scheduler_framework_extension_point_duration_seconds_count{extension_point="Score"} 4`);
  expect(schedulerFigures(scheduler)).toMatchObject({
    attempts: { scheduled: 4, unschedulable: 2, error: 0 },
    attempt: { count: 4, meanMs: 5 },
    extensionPointsMs: { Score: 2.5 },
  });
  expect(slowestAttemptMs(scheduler)).toBe(16);
  expect(slowestAttemptMs([])).toBeUndefined();
});

test.each(['resource_policy', 'noop'])('figures of an extender whose metrics begin with %s', (prefix) => {
  const metrics = parseMetrics(`${prefix}_filter_seconds_bucket{le="0.001"} 10
${prefix}_filter_seconds_bucket{le="+Inf"} 10
${prefix}_filter_seconds_sum 0.005
${prefix}_filter_seconds_count 10`);
  expect(extenderFigures(metrics).filter).toMatchObject({ count: 10, meanMs: 0.5 });
  expect(extenderFigures(metrics).bind).toBeUndefined();
});

test('CPU time of the machine is what was not idle and not stolen', () => {
  expect(busySecondsOf('cpu  100 20 30 5000 600 4 6 700 50 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n')).toBe(1.6);
});

test('CPU time and memory of a process whose name has spaces and parentheses', () => {
  const stat = '7 (a (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 11 0 100 1 1';
  expect(cpuSecondsOf(stat)).toBe(3);
  expect(residentMibOf('VmHWM:\t  9000 kB\nVmRSS:\t  2048 kB\n')).toBe(2);
});
