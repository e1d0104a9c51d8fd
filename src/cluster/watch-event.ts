/**
 * One line of a watch → an event, or the discovery that the line is broken.
 *
 * @module
 */
import { asObject } from '../facts/json.ts';

/** What tells one object from another, read before anything else of it. */
export interface Identity {
  readonly uid: string;
  /** Empty for objects without one, such as nodes. */
  readonly namespace: string;
  readonly name: string;
  /** Opaque. */
  readonly resourceVersion: string;
}

export type WatchEvent =
  | { readonly kind: 'present'; readonly identity: Identity; readonly object: unknown }
  | { readonly kind: 'deleted'; readonly identity: Identity }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'error'; readonly status: number; readonly message: string };

/** A line, or a page of a list, is not what the API server writes: what it would have told is unknown. */
export class BadData extends Error {
  override readonly name = 'BadData';
}

/** @throws {BadData} */
export function parseWatchEvent(line: string): WatchEvent {
  const { type, object } = asObject(parseJson(line));
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'present', identity: identityOf(object), object };
    case 'DELETED':
      return { kind: 'deleted', identity: identityOf(object) };
    case 'BOOKMARK':
      return bookmark(object);
    case 'ERROR':
      return errorEvent(object);
    default:
      throw new BadData(`an event of unknown type ${JSON.stringify(type)}`);
  }
}

/** @throws {BadData} when uid, name or resourceVersion is absent, which no API server delivers. */
export function identityOf(object: unknown): Identity {
  const { uid, name, namespace, resourceVersion } = metadataOf(object);
  if (typeof uid !== 'string' || uid === '') throw new BadData('an object without metadata.uid');
  if (typeof name !== 'string' || name === '') throw new BadData('an object without metadata.name');
  return {
    uid,
    name,
    namespace: typeof namespace === 'string' ? namespace : '',
    resourceVersion: versionOf(resourceVersion),
  };
}

/** One page of a list. */
export interface ListPage {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continueToken: string;
}

/** @throws {BadData} */
export function parseListPage(body: unknown): ListPage {
  const { items } = asObject(body);
  const { resourceVersion, continue: token } = metadataOf(body);
  // Go writes null for an empty list of some kinds; a body without the key is no list.
  if (!Array.isArray(items) && items !== null) throw new BadData('a list without items');
  return {
    items: items ?? [],
    resourceVersion: versionOf(resourceVersion),
    continueToken: typeof token === 'string' ? token : '',
  };
}

/** Up to the items, as API servers write lists of their own kinds. */
const LIST_HEAD = /^\{"kind":"\w+","apiVersion":"[\w./]+","metadata":(\{[^{}]*\}),"items":/;
const LONGEST_HEAD = 4_096;

/**
 * The continue token of a list, without reading all of it; empty on the last page. Undefined: it cannot be told from the
 * beginning, as for custom resources, whose lists begin with their items.
 */
export function peekContinueToken(text: string): string | undefined {
  const [, metadata] = LIST_HEAD.exec(text.slice(0, LONGEST_HEAD)) ?? [];
  if (metadata === undefined) return undefined;
  try {
    const { continue: token = '' } = asObject(JSON.parse(metadata));
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined;
  }
}

function bookmark(object: unknown): WatchEvent {
  const { resourceVersion } = metadataOf(object);
  return { kind: 'bookmark', resourceVersion: versionOf(resourceVersion) };
}

function errorEvent(object: unknown): WatchEvent {
  const { code, message } = asObject(object);
  return {
    kind: 'error',
    status: typeof code === 'number' ? code : 0,
    message: typeof message === 'string' ? message : 'an ERROR event without message',
  };
}

function metadataOf(object: unknown): Readonly<Record<string, unknown>> {
  return asObject(asObject(object)['metadata']);
}

function versionOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new BadData('metadata.resourceVersion is absent');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new BadData('a line that is no JSON', { cause: error });
  }
}
