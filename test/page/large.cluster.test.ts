/**
 * The page with 50,000 pods, in a browser. No cluster: what the watch would show is given.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/http/server.ts';
import { aPod, GROUP_LABEL } from '../support/builders.ts';
import { openBrowser } from '../support/browser.ts';
import { GROUPS, HOSTILE_NAME, largeScene, POLICIES, SINGLE_PODS } from './large-scene.ts';
import type { Scene } from './page-server.ts';
import type { WatchedPage } from '../support/watched-page.ts';
import { watchedPage } from '../support/watched-page.ts';

const LARGEST_ANSWER = 64_000;
const WITHIN = { timeout: 30_000 };

let scene: Scene;
let server: RunningServer;
let browser: Browser;
let watched: WatchedPage;
let page: Page;
let url: string;

beforeAll(async () => {
  browser = await openBrowser();
  scene = largeScene();
  server = await scene.serve();
  url = `http://127.0.0.1:${server.port}`;
  watched = await watchedPage(browser);
  page = watched.page;
});

afterAll(async () => {
  await browser.close();
  await server.close(0);
});

test('policies are shown 50 at a time, those with waiting pods first', async () => {
  expect(scene.ledger.podCount).toBe(50_001);
  await page.goto(url);

  await page.getByText(`${POLICIES} policies, 6,001 pods wait`).waitFor();
  expect(await page.locator('.policy').count()).toBe(50);
  expect(await page.locator('.policy h2').first().textContent()).toBe('many');

  await page.getByRole('link', { name: 'Next' }).click();
  await page.getByText(`51–100 of ${POLICIES} policies`).waitFor();
  expect(await page.locator('.policy').count()).toBe(50);
});

test('2,000 groups are found by their name', async () => {
  await page.goto(`${url}/#/default/many`);
  await page.getByText('1–50 of 2,000 groups').waitFor();
  expect(await page.getByRole('meter').first().getAttribute('aria-valuemax')).toBe(String(GROUPS * 8));

  await page.getByRole('searchbox').fill('job-1999');
  await page.getByText('1 of 2,000 groups').waitFor();
  await page.getByRole('link', { name: 'job-1999' }).click();

  await page.getByRole('heading', { name: 'Pods (21)' }).waitFor();
  await page.getByRole('link', { name: 'job-1999-exec-18' }).click();
  await expect
    .poll(() => page.locator('[data-decision]').textContent(), WITHIN)
    .toBe('ResourcePolicy many: unit 1 ecs is at max 8, unit 2 eci is at max 10 (per job)');
});

test('8,000 pods of one group are shown 50 at a time, and go on being updated', async () => {
  await page.goto(`${url}/#/one/single/`);
  await page.getByText(`1–50 of 8,000 pods`).waitFor();
  expect(await page.getByRole('row').count()).toBe(51);

  await page.goto(`${url}/#/one/single/?from=7950`);
  await page.getByText(`7,951–8,000 of 8,000 pods`).waitFor();
  scene.pod(aPod('single-new').in('one').labels({ app: 'single' }));

  await page.getByRole('heading', { name: `Pods (${(SINGLE_PODS + 1).toLocaleString('en')})` }).waitFor();
});

test('names are text, whatever is in them', async () => {
  await page.goto(`${url}/#/default/many/job-0`);

  const link = page.getByRole('link', { name: HOSTILE_NAME, exact: true });
  await link.click();
  await page.getByRole('heading', { name: HOSTILE_NAME, exact: true }).waitFor();

  expect(await page.locator('main img').count()).toBe(0);
  expect(await page.title()).toBe(`${HOSTILE_NAME} · resource-policy`);
  scene.remove(aPod(HOSTILE_NAME).labels({ app: 'spark', [GROUP_LABEL]: 'job-0' }));
  await page.getByText(`there is no pod ${HOSTILE_NAME} in namespace default`).waitFor();
  // Which the browser tells of by itself, each time.
  await page.goto(`${url}/#/`);
  await page.getByRole('heading', { name: 'Policies' }).waitFor();
  watched.errors.splice(0, Infinity, ...watched.errors.filter((error) => !error.includes('404 (Not Found)')));
});

test('it says which replica is shown, and what a replica that does not decide cannot know', async () => {
  scene.replica = { ...scene.replica, leads: false, ages: [{ resource: 'pods', seconds: 75 }] };

  await page.getByText('This replica does not decide.').waitFor();
  const state = page.locator('.state');
  await expect.poll(() => state.textContent(), WITHIN).toMatch(/^resource-policy-0 127\.0\.0\.1:8910follows/);
  expect(await state.textContent()).toContain('cluster heard 1m15s ago');

  const problem = 'resource-policy has lost sight of the cluster: no news of pods';
  scene.replica = { ...scene.replica, leads: true, problem };
  await page.getByText(`Nothing is decided now: ${problem}.`).waitFor();
});

test('no answer was large, no request went elsewhere, and nothing was complained of', () => {
  const answers = [...watched.sizes].filter(([path]) => path.startsWith('/api/'));
  expect(answers.length).toBe(5);
  for (const [, size] of answers) expect(size).toBeLessThan(LARGEST_ANSWER);
  expect([...watched.origins]).toEqual([url]);
  expect(watched.errors).toEqual([]);
});
