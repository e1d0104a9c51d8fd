/** The sizes of executors in docs/spark.md are what Spark requests, and the smallest of ECI's that hold it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sparkJob } from '../../src/cli/spark-pods.ts';
import { ROOT } from './markdown.ts';

const TEXT = readFileSync(join(ROOT, 'docs/spark.md'), 'utf8');
const EXECUTORS = [
  ...TEXT.matchAll(/^\| (\d+) +\| `(\w+)` +\| (\d+) MiB +\| ([\d.]+) vCPU, ([\d.]+) GiB +\|$/gm),
].map(([, cores = '', memory = '', requested = '', vcpu = '', gib = '']) => ({
  cores,
  memory,
  requested,
  size: `${vcpu} vCPU, ${gib} GiB`,
}));
/** By vCPU, the sizes of memory, in GiB. */
const SIZES = [...TEXT.matchAll(/\| ([\d.]+) +\| ((?:[\d.]+, )+[\d.]+) +/g)].map(
  ([, vcpu = '', gib = '']) => ({
    vcpu: Number(vcpu),
    gib: gib.split(', ').map(Number),
  }),
);

it('are found', () => {
  expect(EXECUTORS.length).toBeGreaterThan(5);
  expect(SIZES.map(({ vcpu }) => vcpu).toSorted((a, b) => a - b)).toEqual([
    0.25, 0.5, 1, 2, 4, 8, 12, 16, 24, 32,
  ]);
});

it.for(EXECUTORS)('$cores cores, $memory', ({ cores, memory, requested, size }) => {
  const { pod } = sparkJob({ executor: { cores: Number(cores), memory } }).executor;

  expect(pod).toMatchObject({
    spec: { containers: [{ resources: { requests: { memory: `${requested}Mi` } } }] },
  });
  const fitting = SIZES.filter(({ vcpu }) => vcpu >= Number(cores))
    .toSorted((a, b) => a.vcpu - b.vcpu)
    .flatMap(({ vcpu, gib }) => gib.map((each) => ({ vcpu, gib: each })))
    .find(({ gib }) => gib * 1024 >= Number(requested));
  expect(`${fitting?.vcpu} vCPU, ${fitting?.gib} GiB`).toBe(size);
});
