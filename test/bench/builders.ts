/**
 * Workloads and results for the tests of the benchmark: something ordinary, with what a test says.
 *
 * @module
 */
import { stringify } from 'yaml';
import type { BenchResult, Measured, RunResult, VariantResult } from '../../bench/report/result.ts';
import { makeResult } from '../../bench/report/result.ts';
import { policyManifest } from '../../bench/workload/policy.ts';
import type { Workload } from '../../bench/workload/workload.ts';
import { parseWorkload } from '../../bench/workload/workload.ts';

/** A workload file as an object: 4 ECS nodes and 2 virtual ones, a drain of 20 pods, half of each job to ECS. */
export function workloadForm(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const form: Readonly<Record<string, unknown>> = {
    title: 'A workload',
    why: 'For a test.',
    mode: 'drain',
    nodes: {
      groups: [
        { kind: 'ecs', count: 4, cpu: 8 },
        { kind: 'virtual', count: 2 },
      ],
    },
    jobs: { count: 2, executors: 10, requests: { cpu: '1' } },
    units: [{ resource: 'ecs', max: 5 }, { resource: 'eci' }],
    ...changes,
  };
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined));
}

export function aWorkload(changes: Readonly<Record<string, unknown>> = {}): Workload {
  return parseWorkload(stringify(workloadForm(changes)), 'folder/a-workload.yaml');
}

/** A run of 20 pods, 10 in each unit, at 100 pods/s. */
export function measured(changes: Partial<Measured> = {}): Measured {
  return {
    expected: 20,
    created: 20,
    bound: 20,
    seconds: 2,
    podsPerSecond: 100,
    boundAt: undefined,
    scheduled: undefined,
    started: undefined,
    running: undefined,
    schedulingPercent: undefined,
    timeline: { binSeconds: 1, bound: [10, 10] },
    placement: {
      perUnit: [10, 10],
      outside: 0,
      overMax: 0,
      outOfOrder: 0,
      undecided: 0,
      examples: [],
      bindingWindowMs: 50,
    },
    processes: [],
    scheduler: {
      attempts: { scheduled: 20, unschedulable: 0, error: 0 },
      attempt: undefined,
      algorithm: undefined,
      extensionPointsMs: {},
    },
    extender: undefined,
    observer: { lagP99Ms: 1, lagMaxMs: 2, latestArrivalMs: 0, othersPercent: 1 },
    ...changes,
  };
}

/** A run for each throughput. */
export function runsAt(variant: string, ...podsPerSecond: readonly number[]): readonly RunResult[] {
  return podsPerSecond.map((pace, index) => aRun({ variant, round: index + 1 }, { podsPerSecond: pace }));
}

export function aRun(changes: Partial<RunResult> = {}, run: Partial<Measured> = {}): RunResult {
  return {
    variant: 'alone@default',
    round: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    faults: [],
    measured: measured(run),
    ...changes,
  };
}

/** The variants are those of the runs. */
export function aResult(runs: readonly RunResult[], changes: Partial<BenchResult> = {}): BenchResult {
  const workload = changes.workload ?? aWorkload();
  const ids = [...new Set(runs.map(({ variant }) => variant))];
  return {
    ...makeResult({
      startedAt: '2026-01-01T00:00:00.000Z',
      command: 'npm run bench -- run a-workload.yaml',
      machine: { cores: 2, cpu: 'a processor', memoryGib: 16, system: 'Linux' },
      versions: { Kubernetes: 'v1.36.3' },
      settings: ['everything is as it was'],
      workload,
      policy: policyManifest(workload),
      variants: ids.map(aVariant),
      runs,
    }),
    ...changes,
  };
}

function aVariant(id: string): VariantResult {
  return {
    id,
    text: `what ${id} is`,
    keepsPolicy: id.startsWith('ours'),
    extenderCommand: undefined,
    schedulerConfig: {},
  };
}
