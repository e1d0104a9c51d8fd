import { expect, test } from 'vitest';
import { planNodes } from '../../bench/workload/nodes.ts';
import { measuredPods, podManifest, standingPods, waitingPods } from '../../bench/workload/pods.ts';
import { policyManifest } from '../../bench/workload/policy.ts';
import { dueMs } from '../../bench/workload/arrival.ts';
import { parseQuantity } from '../../bench/workload/quantity.ts';
import { aWorkload } from './builders.ts';

function perJob(pods: readonly { readonly job: string | undefined }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { job = 'none' } of pods) counts[job] = (counts[job] ?? 0) + 1;
  return counts;
}

test('every job has its executors, and no two pods have one name', () => {
  const pods = measuredPods(aWorkload());
  expect(perJob(pods)).toEqual({ 'job-0': 10, 'job-1': 10 });
  expect(new Set(pods.map(({ name }) => name)).size).toBe(20);
  // Side by side.
  expect(pods.slice(0, 3).map(({ job }) => job)).toEqual(['job-0', 'job-1', 'job-0']);
});

test('waiting pods are what their jobs have beyond all places', () => {
  const workload = aWorkload({
    mode: 'latency',
    arrival: 'once',
    units: [
      { resource: 'ecs', max: 4 },
      { resource: 'eci', max: 3 },
    ],
    waiting: { pods: 5, jobs: 2 },
  });
  expect(perJob(waitingPods(workload))).toEqual({ 'waiting-0': 7 + 3, 'waiting-1': 7 + 2 });
});

test('standing pods are on every node of their group, and of their jobs in turn', () => {
  const nodes = planNodes({
    order: 'contiguous',
    groups: [
      { kind: 'ecs', count: 2, standing: { perNode: 3, jobs: 2, requests: { cpu: '2' } } },
      { kind: 'ecs', count: 1, standing: { perNode: 1 } },
      { kind: 'virtual', count: 1 },
    ],
  });
  const pods = standingPods(nodes);
  expect(perJob(pods)).toEqual({ 'standing-ecs-0': 3, 'standing-ecs-1': 3, none: 1 });
  expect(pods.map(({ nodeName }) => nodeName)).toEqual(
    [0, 0, 0, 1, 1, 1, 2].map((node) => nodes[node]?.spec.name),
  );
});

test('the policy selects the pods of jobs and groups them by job', () => {
  const [pod] = measuredPods(aWorkload());
  const manifest = podManifest(pod!);
  expect(manifest).toMatchObject({
    metadata: {
      labels: {
        'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
        'sparkoperator.k8s.io/submission-id': 'job-0',
      },
    },
  });
  expect(policyManifest(aWorkload())).toMatchObject({
    spec: {
      selector: { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' },
      matchLabelKeys: ['sparkoperator.k8s.io/submission-id'],
    },
  });
  expect(policyManifest(aWorkload({ perJob: false }))).not.toHaveProperty('spec.matchLabelKeys');
});

test.each([
  [{ kind: 'once' } as const, [0, 0, 0, 0]],
  [{ kind: 'rate', perSecond: 50 } as const, [0, 20, 40, 60]],
  [{ kind: 'waves', pods: 2, everyMs: 5_000 } as const, [0, 0, 5_000, 5_000]],
])('when pods are due: %j', (arrival, due) => {
  expect([0, 1, 2, 3].map((index) => dueMs(arrival, index))).toEqual(due);
});

test.each([
  ['500m', 0.5],
  ['2', 2],
  ['1.5', 1.5],
  ['2Gi', 2 ** 31],
  ['100k', 100_000],
])('%s is %d', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});
