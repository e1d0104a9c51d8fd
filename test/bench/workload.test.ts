import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { chooseVariants } from '../../bench/variants/variant.ts';
import { loadWorkload, parseWorkload, placedByPolicy, WorkloadError } from '../../bench/workload/workload.ts';
import { aWorkload, workloadForm } from './builders.ts';

const SHIPPED = join(import.meta.dirname, '../../bench/workloads');

test.each(readdirSync(SHIPPED))('%s can be run with the variants it names', (file) => {
  const workload = loadWorkload(join(SHIPPED, file));
  expect(chooseVariants(undefined, workload).length).toBeGreaterThan(0);
});

test('what a file leaves out is filled in', () => {
  expect(aWorkload()).toMatchObject({
    name: 'a-workload',
    nodes: { order: 'contiguous' },
    perJob: true,
    rounds: 3,
    variants: [],
    start: undefined,
    limitMs: 600_000,
    stallMs: 30_000,
  });
});

const latency = { mode: 'latency', arrival: 'once' };

test.each([
  ['an unknown key', { speed: 3 }, 'speed is unknown here'],
  ['an unknown key further down', { jobs: { count: 1, executors: 1, cpu: 1 } }, 'jobs: cpu is unknown here'],
  ['a key that is missing', { units: undefined }, 'lacks units'],
  ['no pods', { jobs: { count: 0, executors: 1 } }, 'jobs.count: must be a whole number, 1 or more, is 0'],
  [
    'a quantity that is none',
    { jobs: { count: 1, executors: 1, requests: { cpu: 'much' } } },
    'jobs.requests.cpu: "much" is no quantity',
  ],
  ['another mode', { mode: 'fast' }, 'mode: must be one of drain, latency'],
  ['an arrival in a drain', { arrival: 'once' }, 'arrival: needs mode: latency'],
  ['latency without arrival', { mode: 'latency' }, 'lacks arrival'],
  ['an arrival of no kind', { mode: 'latency', arrival: 'often' }, 'arrival: must be once'],
  ['a rate of 0', { mode: 'latency', arrival: { rate: 0 } }, 'arrival.rate: must be a number above 0'],
  ['a unit of every node', { units: [{ max: 1 }] }, 'units[0]: needs resource or nodeSelector'],
  [
    'a unit without nodes',
    { units: [{ nodeSelector: { pool: 'paid' } }, { resource: 'eci' }] },
    'units[0]: has no node',
  ],
  [
    'nodes in two units',
    { units: [{ resource: 'ecs', max: 1 }, { nodeSelector: { 'kubernetes.io/os': 'linux' } }] },
    'nodes.groups[0]: is in units[0] and units[1]',
  ],
  [
    'pods that would not wait',
    { ...latency, waiting: { pods: 5 } },
    'waiting: needs perJob and a max in every unit',
  ],
  [
    'churn that decides who is bound',
    { ...latency, units: [{ resource: 'ecs', max: 5 }], churn: { endsPerSecond: 1 } },
    'churn: needs a max that takes every pod',
  ],
  [
    'shares that are not the whole',
    { ...latency, start: { ecs: [{ percent: 90, from: '0s', to: '1s' }] } },
    'start.ecs: the percents must add up to 100, they add up to 90',
  ],
  [
    'a start that ends before it begins',
    { ...latency, start: { ecs: [{ percent: 100, from: '2s', to: '1s' }] } },
    'start.ecs: to must not be before from',
  ],
  [
    'a goal for pods that do not run',
    { ...latency, runningWithin: [{ percent: 90, time: '15s' }] },
    'runningWithin: needs start',
  ],
])('%s is refused, with the place', (_what, changes, message) => {
  const parse = (): unknown => parseWorkload(stringify(workloadForm(changes)), 'w.yaml');
  expect(parse).toThrow(WorkloadError);
  expect(parse).toThrow(`w.yaml: ${message}`);
});

test('what is no YAML, or no file', () => {
  expect(() => parseWorkload('title: [', 'w.yaml')).toThrow(WorkloadError);
  expect(() => loadWorkload('nowhere.yaml')).toThrow('nowhere.yaml: cannot be read');
});

test.each([
  ['a unit has no max', { units: [{ resource: 'ecs', max: 5 }, { resource: 'eci' }] }, 20],
  [
    'each job has its own places',
    {
      units: [
        { resource: 'ecs', max: 4 },
        { resource: 'eci', max: 3 },
      ],
    },
    14,
  ],
  ['all jobs share them', { perJob: false, units: [{ resource: 'ecs', max: 4 }] }, 4],
])('pods that the policy lets in: %s', (_what, changes, pods) => {
  expect(placedByPolicy(aWorkload(changes))).toBe(pods);
});
