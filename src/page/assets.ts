/**
 * The page's own files, read once. The browser runs them as they are.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
  /** As in the header. */
  readonly etag: string;
}

export interface Assets {
  /** By path, e.g. `/assets/main.js`; the page itself is `/`. */
  readonly byPath: ReadonlyMap<string, Asset>;
  /** Of all of them. */
  readonly checksum: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const DIRECTORY = join(import.meta.dirname, 'assets');

/** @throws {Error} when they are not where the build puts them. */
export function readAssets(): Assets {
  const byPath = new Map<string, Asset>();
  for (const file of readdirSync(DIRECTORY).toSorted()) {
    const contentType = TYPES[extname(file)];
    if (contentType === undefined) continue;
    const body = readFileSync(join(DIRECTORY, file));
    byPath.set(file === 'index.html' ? '/' : `/assets/${file}`, { contentType, body, etag: etagOf(body) });
  }
  return { byPath, checksum: etagOf([...byPath.values()].map(({ etag }) => etag).join()) };
}

export function etagOf(content: string | Buffer): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
}
