/**
 * Lists in pages.
 *
 * @module
 */
import type { Target } from './resources.ts';
import { StatusError } from './status.ts';
import type { Store, StoredObject } from './store.ts';

interface Continuation {
  readonly after: number;
  /** All pages show the state at the first. */
  readonly version: number;
}

/** The pages under way, by the version of their first. */
const snapshots = new WeakMap<Store, Map<number, StoredObject[]>>();

export function listPage(store: Store, target: Target, query: URLSearchParams): Record<string, unknown> {
  const token = query.get('continue');
  const { after, version } = token === null ? { after: 0, version: store.version } : continuation(token);
  const all = token === null ? store.all(target.resource, target.namespace) : snapshot(store, version);
  const limit = Number(query.get('limit') ?? '0') || Infinity;
  const items = all.slice(after, after + limit).map(({ apiVersion: _omitted, kind: _too, ...item }) => item);
  const isLast = after + items.length >= all.length;
  if (!isLast) keep(store, version, all);
  const next: Continuation = { after: after + items.length, version };
  return {
    kind: 'List',
    apiVersion: 'v1',
    metadata: {
      resourceVersion: String(version),
      ...(isLast ? {} : { continue: Buffer.from(JSON.stringify(next)).toString('base64url') }),
    },
    items,
  };
}

function keep(store: Store, version: number, objects: StoredObject[]): void {
  const kept = snapshots.get(store) ?? new Map<number, StoredObject[]>();
  snapshots.set(store, kept.set(version, objects));
}

function snapshot(store: Store, version: number): StoredObject[] {
  const kept = snapshots.get(store)?.get(version);
  if (kept === undefined) throw new StatusError(410, 'Expired', 'The provided continue parameter is too old');
  return kept;
}

function continuation(token: string): Continuation {
  const parsed: Continuation = JSON.parse(Buffer.from(token, 'base64url').toString());
  return parsed;
}
