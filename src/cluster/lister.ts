/**
 * Everything of a collection at one time, for programs that look once and end.
 *
 * @module
 */
import { ApiError } from './api-error.ts';
import type { Requests } from './pod-reader.ts';
import { parseListPage } from './watch-event.ts';

const PAGE_SIZE = 500;
const PAGE_DEADLINE_MS = 60_000;
/** A list that takes longer than the API server keeps its state, five minutes, begins anew, so often. */
const MOST_ATTEMPTS = 3;

/**
 * Lists page by page, all pages of one state of the cluster, which is the newest when the first is read.
 *
 * @param path of the collection, e.g. /api/v1/pods.
 * @param parse keeps what matters of an object.
 * @throws {ApiError} as of the page that failed; BadData when an answer is no list.
 */
export async function listAll<Item>(
  client: Requests,
  path: string,
  parse: (object: unknown) => Item,
): Promise<readonly Item[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listOnce(client, path, parse);
    } catch (error) {
      const isExpired = error instanceof ApiError && error.status === 410;
      if (!isExpired || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

async function listOnce<Item>(
  client: Requests,
  path: string,
  parse: (object: unknown) => Item,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let continueToken = '';
  do {
    const page = parseListPage(
      await client.request({
        method: 'GET',
        path,
        query: { limit: String(PAGE_SIZE), ...(continueToken === '' ? {} : { continue: continueToken }) },
        deadlineMs: PAGE_DEADLINE_MS,
      }),
    );
    // Pruned page by page: 20,000 whole pods would take hundreds of megabytes.
    for (const object of page.items) items.push(parse(object));
    ({ continueToken } = page);
  } while (continueToken !== '');
  return items;
}
