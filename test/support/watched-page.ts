/**
 * A page in a browser, and everything that is not to happen on it.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts and of the console, and what the Content-Security-Policy forbade. */
  readonly errors: string[];
  /** Origins that were asked for anything. */
  readonly origins: Set<string>;
  /** Sizes of the answers to questions, in bytes, by question. */
  readonly sizes: Map<string, number>;
}

/** Times out on what does not come within 30 s. */
export async function watchedPage(
  browser: Browser,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, ...options });
  page.setDefaultTimeout(30_000);
  const watched: WatchedPage = { page, errors: [], origins: new Set(), sizes: new Map() };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') watched.errors.push(message.text());
  });
  page.on('pageerror', (error) => watched.errors.push(String(error)));
  page.on('request', (request) => watched.origins.add(new URL(request.url()).origin));
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    const length = Number(response.headers()['content-length'] ?? 0);
    watched.sizes.set(pathname, Math.max(length, watched.sizes.get(pathname) ?? 0));
  });
  return watched;
}

/** What axe-core finds wrong by WCAG 2.2 AA and by its own best practices, one line each. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Found {
      readonly id: string;
      readonly help: string;
      readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: readonly Found[] }> } };
    const { violations } = await axe.run();
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary}`).join('; ')}`,
    );
  });
}
