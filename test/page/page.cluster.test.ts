/**
 * The page in a browser, served by the built program beside a real API server and a real kube-scheduler.
 *
 * Screenshots go to the folder that PAGE_SCREENSHOTS names, else to .cache/page.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes } from '../control-plane/nodes.ts';
import { portPicker } from '../control-plane/ports.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { openBrowser } from '../support/browser.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';
import type { Manifest } from './spark-scene.ts';
import { JOBS, NODES, OTHER_PODS, OTHERS, podsOf, SPARK } from './spark-scene.ts';
import type { WatchedPage } from '../support/watched-page.ts';
import { accessibilityProblems, watchedPage } from '../support/watched-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const SCREENSHOTS = join(ROOT, process.env['PAGE_SCREENSHOTS'] ?? '.cache/page');
const [FIRST] = JOBS;
const WITHIN = { timeout: 30_000 };

let plane: ControlPlane;
let extender: ExtenderProcess;
let browser: Browser;
let watched: WatchedPage;
let page: Page;
let url: string;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await openBrowser();
  plane = await startControlPlane();
  await createNodes(plane, NODES);
  await plane.kubectl(['apply', '-f', 'crds']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  for (const namespace of ['analytics', 'ml-platform', 'shop', 'finance'])
    await plane.kubectl(['create', 'namespace', namespace]);
  const address = `127.0.0.1:${await portPicker([])()}`;
  url = `http://${address}`;
  extender = new ExtenderProcess({
    kubeconfigPath: await shippedAccount(plane),
    flags: ['--page', address],
  });
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
  watched = await watchedPage(browser, { colorScheme: 'light' });
  page = watched.page;
});

afterAll(async () => {
  await Promise.all([browser.close(), extender.stop()]);
  await plane.delete();
});

test('without policies it says that there are none, which replica is shown, and that it is live', async () => {
  await page.goto(url);

  await shows('There are no policies yet');
  await shows('leads');
  expect(await page.locator('.replica').textContent()).toContain(new URL(extender.url).host);
  expect(await page.locator('.freshness').textContent()).toMatch(
    /^live · figures \ds old · cluster heard \d+s ago$/,
  );
});

test('policies appear by themselves', async () => {
  await page.evaluate(`document.body.dataset.loaded = 'once'`);

  await create('resourcepolicies', [SPARK, ...OTHERS]);

  await shows('4 policies, no pod waits');
  expect(await page.locator('.policy h2').allTextContents()).toEqual([
    'spark',
    'reports',
    'training',
    'checkout',
  ]);
});

test('bars grow by themselves as pods are placed', async () => {
  await page.getByRole('link', { name: 'spark', exact: true }).click();
  const ecs = page.getByRole('meter', { name: 'unit 1 ecs(kubernetes.io/arch=amd64)' });
  await expect.poll(() => ecs.getAttribute('aria-valuetext'), WITHIN).toContain('0 of 10 places taken');

  await create('pods', podsOf(FIRST!));

  await expect
    .poll(() => ecs.getAttribute('aria-valuetext'), WITHIN)
    .toBe('ecs(kubernetes.io/arch=amd64): 10 of 10 places taken, full');
  await expect.poll(unitsText, WITHIN).toContain('12 / 12 full');
  await expect.poll(unitsText, WITHIN).toContain('7 pods without a place');
  const shares = (): Promise<readonly number[]> =>
    page
      .locator('.units .used')
      .evaluateAll((bars) =>
        bars.map((bar) =>
          Math.round((10 * bar.getBoundingClientRect().width) / bar.parentElement!.clientWidth),
        ),
      );
  await expect.poll(shares, WITHIN).toEqual([10, 10]);
  expect(await page.evaluate('document.body.dataset.loaded')).toBe('once');
});

test('a waiting pod is explained in the words that kube-scheduler was told', async () => {
  await page.getByRole('link', { name: FIRST!.id }).click();
  const waiting = page.getByRole('row').filter({ hasText: 'waiting' });
  await expect.poll(() => waiting.count(), WITHIN).toBe(7);
  const name = (await waiting.first().getByRole('rowheader').textContent())!;

  await page.getByRole('link', { name, exact: true }).click();

  const decision = await page.locator('[data-decision]').textContent();
  expect(decision).toBe(
    'ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) is at max 10, unit 2 eci is at max 12 (per sparkoperator.k8s.io/submission-id)',
  );
  const seen = await plane.api.request<{ status: { conditions: readonly { message?: string }[] } }>(
    'GET',
    `/api/v1/namespaces/analytics/pods/${name}`,
  );
  expect(seen.status.conditions[0]?.message).toContain(decision);
  expect(await page.locator('.explanation').textContent()).toContain('0/10 nodes are available');
  expect(page.url()).toBe(`${url}/#/analytics/spark/${FIRST!.id}/${name}`);
});

test('a link leads to the same view', async () => {
  const linked = await watchedPage(browser, { colorScheme: 'dark', reducedMotion: 'reduce' });

  await linked.page.goto(page.url());

  await expect
    .poll(() => linked.page.locator('[data-decision]').textContent(), WITHIN)
    .toContain('is at max 10');
  expect(await linked.page.title()).toBe(await page.title());
  expect(linked.errors).toEqual([]);
  await linked.page.close();
});

test('the keyboard is enough, and focus stays where it is while the page updates', async () => {
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('.explanation').count(), WITHIN).toBe(0);
  await page.keyboard.press('/');
  await page.keyboard.type('exec-3');
  await shows('1 of 29 pods');
  expect(await focused()).toBe('INPUT');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe(`A ${FIRST!.app}-da30f26e-exec-3`);
  await nextUpdates(3);
  expect(await focused()).toBe(`A ${FIRST!.app}-da30f26e-exec-3`);

  await page.keyboard.press('Enter');
  await expect.poll(focused, WITHIN).toBe(`H2 ${FIRST!.app}-da30f26e-exec-3`);
  await expect.poll(() => page.locator('.explanation').textContent(), WITHIN).toContain('counts in unit');
  await page.keyboard.press('Escape');
  await expect.poll(focused, WITHIN).toMatch(/^H1 /);
});

test('a filter is kept in the address, and cleared by it', async () => {
  expect(page.url()).toContain('filter=exec-3');
  await page.goBack();
  await page.goto(`${url}/#/analytics/spark?filter=nothing-like-it`);

  await shows('No group has “nothing-like-it” in its labels.');
});

test('it survives a restart of the server, and says meanwhile that what is shown is old', async () => {
  await page.goto(`${url}/#/analytics/spark`);
  await expect.poll(unitsText, WITHIN).toContain('7 pods without a place');
  const errorsBefore = [...watched.errors];

  await extender.kill();
  await shows('What is shown is old');
  expect(await page.locator('.state').textContent()).toContain('not connected');
  expect(await unitsText()).toContain('7 pods without a place');

  await extender.start();
  await extender.ready();
  await expect.poll(() => page.locator('#notices').textContent(), WITHIN).toBe('');
  await expect.poll(unitsText, WITHIN).toContain('10 / 10 full');
  expect(await page.evaluate('document.body.dataset.loaded')).toBe('once');

  // That the server did not answer is all that the browser has to say of it.
  for (const error of watched.errors.slice(errorsBefore.length))
    expect(error).toMatch(/^Failed to load resource: /);
  watched.errors.splice(0, Infinity, ...errorsBefore);
});

test('what is not there is said not to be, with a way up', async () => {
  const other = await watchedPage(browser);
  await other.page.goto(`${url}/#/analytics/gone`);

  await other.page.getByText('There is no ResourcePolicy gone in namespace analytics.').waitFor();
  await other.page.getByRole('link', { name: 'Go up' }).click();

  await other.page.getByRole('heading', { name: 'Policies' }).waitFor();
  expect(new URL(other.page.url()).hash).toBe('#/');
  await other.page.close();
});

test('with more jobs and teams: screenshots, and nothing that axe finds wrong, light and dark', async () => {
  for (const job of JOBS.slice(1)) await create('pods', podsOf(job));
  await create('pods', OTHER_PODS);
  await page.goto(`${url}/#/`);
  await shows('10 pods wait');
  await expect.poll(() => page.locator('.policies').textContent(), WITHIN).toMatch(/24 \/ 24 +full/);
  const waiting = `#/analytics/spark/${FIRST!.id}`;
  await page.goto(`${url}/${waiting}`);
  const name = await page
    .getByRole('row')
    .filter({ hasText: 'waiting' })
    .first()
    .getByRole('rowheader')
    .textContent();
  const views = [
    { view: 'policies', hash: '#/', height: 680 },
    { view: 'policy', hash: '#/analytics/spark', height: 800 },
    { view: 'pod', hash: `${waiting}/${name}`, height: 1_020 },
  ];

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const { view, hash, height } of views) {
      await page.setViewportSize({ width: 1_360, height });
      await page.goto(`${url}/${hash}`);
      await page
        .locator(view === 'pod' ? '[data-decision]' : '.units')
        .first()
        .waitFor();
      await page.mouse.move(0, 0);
      await nextUpdates(2);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.evaluate('document.activeElement.blur()');
      await page.screenshot({ path: join(SCREENSHOTS, `page-${view}-${colorScheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await nextUpdates(1);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  expect(await accessibilityProblems(page)).toEqual([]);
});

test('no request left the page’s origin, and nothing was complained of', () => {
  expect([...watched.origins]).toEqual([url]);
  expect(watched.errors).toEqual([]);
});

/** The bars' figures, with single spaces. */
async function unitsText(): Promise<string> {
  return (await page.locator('.units').textContent())!.replaceAll(/\s+/g, ' ');
}

async function shows(text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
}

/** Resolves when the page has been answered so many times more. */
async function nextUpdates(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await page.waitForResponse((response) => response.url().includes('/api/replica'));
  }
}

/** The kind of the focused element, and its text. */
async function focused(): Promise<string> {
  return page.evaluate<string>(
    '`${document.activeElement.tagName} ${document.activeElement.textContent}`.trim()',
  );
}

async function create(plural: 'pods' | 'resourcepolicies', manifests: readonly Manifest[]): Promise<void> {
  const root = plural === 'pods' ? '/api/v1' : '/apis/scheduling.alibabacloud.com/v1alpha1';
  for (const manifest of manifests) {
    const { namespace, name } = manifest.metadata;
    await plane.api.request('POST', `${root}/namespaces/${namespace}/${plural}`, manifest);
    if (plural === 'pods') continue;
    await waitUntil(`policy ${name} is in force`, () =>
      extender.log.some(({ msg, policy }) => msg === 'policy in force' && policy === `${namespace}/${name}`),
    );
  }
}
