/**
 * From what the watch showed to the figures of a run.
 *
 * @module
 */
import type { PodTimes } from '../measure/pod-log.ts';
import type { Measured } from '../report/result.ts';
import { distributionOf, ratePerSecond, sorted } from '../report/statistics.ts';

const MOST_BINS = 80;
const SHORTEST_BIN_SECONDS = 0.25;

/** @param startMs when kube-scheduler was started (drain), or the first pod was sent (latency). */
export function timesOf(
  pods: readonly PodTimes[],
  startMs: number,
  mode: 'drain' | 'latency',
): Pick<
  Measured,
  | 'created'
  | 'bound'
  | 'seconds'
  | 'podsPerSecond'
  | 'boundAt'
  | 'scheduled'
  | 'started'
  | 'running'
  | 'schedulingPercent'
  | 'timeline'
> {
  const bound = sorted(pods.flatMap(({ boundMs }) => (boundMs === undefined ? [] : [boundMs - startMs])));
  const seconds = (bound.at(-1) ?? 0) / 1_000;
  return {
    created: pods.length,
    bound: bound.length,
    seconds,
    podsPerSecond: ratePerSecond(bound),
    boundAt: distributionOf(bound),
    scheduled:
      mode === 'drain' ? undefined : distributionOf(spans(pods, ({ createdMs }) => createdMs, boundOf)),
    started: distributionOf(spans(pods, boundOf, runningOf)),
    running: distributionOf(spans(pods, ({ createdMs }) => createdMs, runningOf)),
    schedulingPercent: distributionOf(pods.flatMap(shareOfScheduling)),
    timeline: timelineOf(bound),
  };
}

function boundOf({ boundMs }: PodTimes): number | undefined {
  return boundMs;
}

function runningOf({ runningMs }: PodTimes): number | undefined {
  return runningMs;
}

function spans(
  pods: readonly PodTimes[],
  from: (pod: PodTimes) => number | undefined,
  to: (pod: PodTimes) => number | undefined,
): readonly number[] {
  return pods.flatMap((pod) => {
    const [start, end] = [from(pod), to(pod)];
    return start === undefined || end === undefined ? [] : [end - start];
  });
}

function shareOfScheduling({ createdMs, boundMs, runningMs }: PodTimes): readonly number[] {
  if (boundMs === undefined || runningMs === undefined || runningMs <= createdMs) return [];
  return [((boundMs - createdMs) / (runningMs - createdMs)) * 100];
}

/** @param boundMs in rising order */
function timelineOf(boundMs: readonly number[]): Measured['timeline'] {
  const seconds = (boundMs.at(-1) ?? 0) / 1_000;
  // Whole quarters of a second, so that runs of about the same length have the same.
  const binSeconds =
    Math.max(1, Math.ceil(seconds / MOST_BINS / SHORTEST_BIN_SECONDS)) * SHORTEST_BIN_SECONDS;
  const bins = Array.from({ length: Math.floor(seconds / binSeconds) + 1 }, () => 0);
  for (const ms of boundMs) {
    const bin = Math.floor(ms / 1_000 / binSeconds);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return { binSeconds, bound: bins };
}
