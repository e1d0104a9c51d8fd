import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { BenchResult, Measured } from '../../bench/report/result.ts';
import { readResult } from '../../bench/report/result.ts';
import { openBrowser } from '../support/browser.ts';
import { accessibilityProblems, watchedPage } from '../support/watched-page.ts';

const ROOT = join(import.meta.dirname, '../..');
/** For a look at it; docs/images has one. */
const SCREENSHOT = join(ROOT, process.env['REPORT_SCREENSHOT'] ?? '.cache/bench-report.png');
const ALONE = 'alone@default';
const OURS = 'ours-filter-bind@default';

const folder = mkdtempSync(join(tmpdir(), 'bench-smoke-'));
let table = '';
let result: BenchResult;

/** As a user runs it. */
async function bench(...args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['bench/main.ts', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

function measuredOf(variant: string): Measured {
  const run = result.runs.find((each) => each.variant === variant);
  expect(run?.faults).toEqual([]);
  return run!.measured!;
}

beforeAll(async () => {
  const variants = ['--variants', `${ALONE},${OURS}`];
  const { code, stdout, stderr } = await bench(
    'run',
    'bench/workloads/smoke.yaml',
    ...variants,
    '--out',
    folder,
  );
  if (code !== 0) throw new Error(stderr);
  table = stdout;
  result = readResult(join(folder, 'result.json'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('every variant ran once, and both count', () => {
  expect(result.runs.map(({ variant, round }) => `${variant} ${round}`)).toEqual([`${ALONE} 1`, `${OURS} 1`]);
  expect(table).toMatch(/^alone@default +1 /m);
  expect(table).toMatch(/^ours-filter-bind@default +1 +kept[ ,]/m);
});

test('resource-policy places all 40 pods as the policy says: 4 of each job on ECS, the others on ECI', () => {
  const { expected, created, bound, placement, scheduler, extender } = measuredOf(OURS);
  expect({ expected, created, bound }).toEqual({ expected: 40, created: 40, bound: 40 });
  expect(placement).toMatchObject({ perUnit: [16, 24], overMax: 0, outOfOrder: 0, outside: 0 });
  expect(scheduler.attempts.scheduled).toBe(40);
  expect(extender?.bind?.count).toBe(40);
  expect(extender?.filter?.count).toBeGreaterThanOrEqual(40);
});

test('kube-scheduler alone places them all, and nobody expects it to know the policy', () => {
  const { bound, placement, extender } = measuredOf(ALONE);
  expect(bound).toBe(40);
  expect(placement.perUnit.reduce((sum, count) => sum + count, 0)).toBe(40);
  expect(extender).toBeUndefined();
});

test('created → scheduled → running was seen of every pod, in this order', () => {
  for (const variant of [ALONE, OURS]) {
    const { scheduled, started, running } = measuredOf(variant);
    expect([scheduled?.count, started?.count, running?.count]).toEqual([40, 40, 40]);
    expect(scheduled!.curve[0]).toBeGreaterThan(0);
    expect(running!.p50).toBeGreaterThan(scheduled!.p50);
  }
});

test('the simulated start takes the time that the workload says', () => {
  // Pods on ECI wait for 100 ms at least, a tenth of them for 300 ms.
  expect(measuredOf(OURS).started!.max).toBeGreaterThanOrEqual(100);
});

test.runIf(process.platform === 'linux')('every process was metered', () => {
  const names = measuredOf(OURS).processes.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['etcd', 'kube-apiserver', 'kube-scheduler', 'kwok-controller', 'extender']),
  );
});

test('the result says where and how it was measured', () => {
  expect(result.versions).toMatchObject({ Kubernetes: expect.stringMatching(/^v1\./) });
  expect(result.settings.join('\n')).toContain('clientConnection.qps 20000');
  expect(result.settings.join('\n')).toContain('--enable-priority-and-fairness=false');
  expect(result.command).toBe(`npm run bench -- run bench/workloads/smoke.yaml --variants ${ALONE},${OURS}`);
  expect(readFileSync(join(folder, 'result.json'), 'utf8')).not.toContain(ROOT);
});

test('the report is there, with the cost of the 24 pods on ECI', () => {
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toContain('¥0.07409664');
  expect(page).toContain('<canvas');
});

test('the report is drawn in a browser, for everybody, and loads nothing', async () => {
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const { page, errors, origins } = await watchedPage(browser);
  await page.goto(pathToFileURL(join(folder, 'report.html')).href);

  expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toContain('Result');
  // Whether each chart is something else than an empty one of its size.
  const drawn: readonly boolean[] =
    await page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
    const { width, height } = canvas;
    const empty = Object.assign(document.createElement('canvas'), { width, height });
    return width > 0 && canvas.toDataURL() !== empty.toDataURL();
  })`);
  expect(drawn.length).toBeGreaterThan(3);
  expect(drawn).not.toContain(false);
  expect(await accessibilityProblems(page)).toEqual([]);
  expect({ errors, origins: [...origins] }).toEqual({ errors: [], origins: ['null'] });
  await page.screenshot({ path: SCREENSHOT });
});

test('a result compared with itself has no differences', async () => {
  const file = join(folder, 'result.json');
  const { code, stdout } = await bench('compare', file, file);
  expect(code).toBe(0);
  expect(stdout).toContain('0 better, 0 worse');
});

test('what cannot be run is said in a line, with exit code 2', async () => {
  const { code, stderr } = await bench('run', 'bench/workloads/smoke.yaml', '--variants', 'fast');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^bench: "fast" is no variant; there are alone, .*\n$/);
});
