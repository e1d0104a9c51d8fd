import { expect, test } from 'vitest';
import { preferredAffinity } from '../../bench/variants/affinity.ts';
import { schedulerConfigOf } from '../../bench/variants/scheduler-config.ts';
import type { Variant } from '../../bench/variants/variant.ts';
import { chooseVariants, VariantError } from '../../bench/variants/variant.ts';
import { aWorkload } from './builders.ts';

const waits = {
  mode: 'latency',
  arrival: 'once',
  units: [{ resource: 'ecs', max: 5 }],
  waiting: { pods: 5 },
};

function ids(text: string | undefined, workload = aWorkload()): readonly string[] {
  return chooseVariants(text, workload).map(({ id }) => id);
}

test('a base without sampling is both; the command line goes before the file', () => {
  const workload = aWorkload({ variants: ['alone'] });
  expect(ids(undefined, workload)).toEqual(['alone@default', 'alone@100']);
  expect(ids('ours-filter@100, alone@default', workload)).toEqual(['ours-filter@100', 'alone@default']);
});

test('a workload that names none gets all, those that hold nobody back without waiting pods', () => {
  expect(ids(undefined)).toHaveLength(16);
  expect(ids(undefined, aWorkload(waits))).toEqual(
    expect.arrayContaining(['alone@default/no-waiting', 'ours-filter-bind@default']),
  );
});

test.each([
  ['fast@default', 'there are alone, affinity, noop-all'],
  ['alone@50', 'sampling is default or 100'],
  ['alone,alone@100', 'alone@100 is named twice'],
  ['ours-filter@100/no-waiting', 'a-workload has no waiting pods'],
])('%s is refused', (text, message) => {
  expect(() => ids(text)).toThrow(VariantError);
  expect(() => ids(text)).toThrow(message);
});

test('who holds no pod back cannot be measured with waiting pods', () => {
  expect(() => ids('alone@default', aWorkload(waits))).toThrow('runs only as alone@default/no-waiting');
  expect(chooseVariants('alone@default/no-waiting', aWorkload(waits))[0]?.hasWaiting).toBe(false);
  expect(chooseVariants('ours-filter@100', aWorkload(waits))[0]?.hasWaiting).toBe(true);
});

function config(base: Variant['base'], sampling: Variant['sampling'] = 'default'): object {
  const variant: Variant = { id: '', base, sampling, hasWaiting: false };
  return schedulerConfigOf(variant, base === 'alone' ? undefined : 'http://127.0.0.1:1');
}

test('the sampling is that of the variant, whatever the shipped configuration has', () => {
  expect(config('alone')).not.toHaveProperty('percentageOfNodesToScore');
  expect(config('ours-filter-bind', '100')).toMatchObject({ percentageOfNodesToScore: 100 });
});

test.each([
  ['noop-all', ['filterVerb']],
  ['noop-same-bind', ['bindVerb', 'filterVerb']],
  ['ours-filter', ['filterVerb', 'preemptVerb']],
  ['ours-filter-bind', ['bindVerb', 'filterVerb', 'preemptVerb']],
] as const)('%s: kube-scheduler calls %j', (base, verbs) => {
  const { extenders } = config(base) as { extenders: readonly object[] };
  expect(extenders).toHaveLength(1);
  expect(extenders[0]).toMatchObject({ urlPrefix: 'http://127.0.0.1:1', nodeCacheCapable: true });
  expect(
    Object.keys(extenders[0]!)
      .filter((key) => key.endsWith('Verb'))
      .toSorted(),
  ).toEqual(verbs);
});

test('alone has no extender', () => {
  expect(config('alone')).not.toHaveProperty('extenders');
});

test("ACK's preference for nodes that are not virtual", () => {
  expect(preferredAffinity([{ resource: 'ecs', max: 2 }, { resource: 'eci' }])).toEqual({
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 1,
        preference: { matchExpressions: [{ key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] }] },
      },
    ],
  });
});

test('earlier units are preferred more', () => {
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred } = preferredAffinity([
    { nodeSelector: { pool: 'reserved' } },
    { resource: 'ecs' },
    { resource: 'eci' },
  ]) as { preferredDuringSchedulingIgnoredDuringExecution: readonly { weight: number }[] };
  expect(preferred.map(({ weight }) => weight)).toEqual([2, 1]);
});
