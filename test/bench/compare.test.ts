import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Difference } from '../../bench/report/compare.ts';
import { compareResults } from '../../bench/report/compare.ts';
import { readResult, ResultError } from '../../bench/report/result.ts';
import { aResult, aRun, aWorkload, runsAt } from './builders.ts';

const ALONE = 'alone@default';

function throughput(before: readonly number[], after: readonly number[]): Difference | undefined {
  const comparison = compareResults(aResult(runsAt(ALONE, ...before)), aResult(runsAt(ALONE, ...after)), 10);
  return comparison.differences.find(({ metric }) => metric.key === 'throughput');
}

test.each([
  ['more pods per second', [100, 102, 98], [120, 125, 118], 'better'],
  ['fewer pods per second', [100, 102, 98], [80, 82, 79], 'worse'],
  ['a difference below the threshold', [100, 100, 100], [95, 95, 95], 'same'],
  ['a difference within the spread of the rounds', [100, 140, 90], [80, 95, 70], 'same'],
])('%s', (_what, before, after, verdict) => {
  expect(throughput(before, after)).toMatchObject({ verdict });
});

test('less is better for times', () => {
  const [slow, fast] = [20, 10].map((seconds) => aResult([aRun({}, { seconds })]));
  const difference = compareResults(slow!, fast!, 10).differences.find(
    ({ metric }) => metric.key === 'seconds',
  );
  expect(difference).toMatchObject({ verdict: 'better', ratio: 0.5 });
});

test('wrong runs have no part in it', () => {
  const wrong = aRun({ variant: ALONE, faults: ['over max'] }, { podsPerSecond: 1_000 });
  const after = aResult([...runsAt(ALONE, 100), wrong]);
  expect(compareResults(aResult(runsAt(ALONE, 100)), after, 10)).toMatchObject({
    differences: expect.arrayContaining([expect.objectContaining({ verdict: 'same', ratio: 1 })]),
    newFaults: ['alone@default, round 1: over max'],
  });
});

test('a variant that was wrong before is no news', () => {
  const wrong = aResult([aRun({ faults: ['over max'] })]);
  expect(compareResults(wrong, wrong, 10).newFaults).toEqual([]);
});

test('variants that only one has are left out', () => {
  const before = aResult([...runsAt(ALONE, 100), ...runsAt('alone@100', 50)]);
  const after = aResult([...runsAt(ALONE, 100), ...runsAt('affinity@100', 50)]);
  const variants = compareResults(before, after, 10).differences.map(({ variant }) => variant);
  expect(new Set(variants)).toEqual(new Set([ALONE]));
});

test('other machines, versions and workloads are told of, other titles are not', () => {
  const before = aResult(runsAt(ALONE, 100));
  const machine = { ...before.machine, cores: 64 };
  const after = aResult(runsAt(ALONE, 100), {
    machine,
    workload: aWorkload({ perJob: false, title: 'Else' }),
  });
  expect(compareResults(before, after, 10).warnings).toEqual([
    expect.stringContaining('the machine differs'),
    "the workload's perJob differs: true and false",
  ]);
  const renamed = aResult(runsAt(ALONE, 100), { workload: aWorkload({ title: 'Else', rounds: 7 }) });
  expect(compareResults(before, renamed, 10).warnings).toEqual([]);
});

function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'r.json'), content);
  return join(folder, 'r.json');
}

test('a result can be read again', () => {
  const result = aResult(runsAt(ALONE, 100));
  expect(readResult(file(JSON.stringify(result)))).toMatchObject({ command: result.command });
});

test.each([
  ['what is no JSON', 'hello', 'cannot be read as JSON'],
  ['what is another JSON', '{"kind": "List"}', 'is no result of this benchmark'],
  [
    'a result of another version',
    JSON.stringify({ ...aResult([]), schemaVersion: 99 }),
    'has schema version 99',
  ],
])('%s is refused', (_what, content, message) => {
  expect(() => readResult(file(content))).toThrow(ResultError);
  expect(() => readResult(file(content))).toThrow(message);
});
