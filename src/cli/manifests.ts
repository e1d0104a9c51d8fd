/**
 * Kubernetes objects in YAML or JSON text, each knowing where it stands. YAML as kubectl reads it: version 1.1, in
 * which an unquoted `yes` or `on` is a boolean.
 *
 * @module
 */
import type { Document } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';

/** One object of a file. */
export interface Manifest {
  readonly file: string;
  readonly object: JsonObject;
  /** Line, from 1, of a field such as `spec.units[1].max`; of the nearest field above it when it is not there. */
  lineOf(path: string): number;
}

/** A place in a file that cannot be read. */
export interface Unreadable {
  readonly file: string;
  /** From 1; undefined: the file as a whole. */
  readonly line: number | undefined;
  readonly message: string;
}

const NO_KIND = 'is no Kubernetes object: it has no kind';

/** Objects of a text, those of Lists one by one; empty documents are none. */
export function readManifests(
  file: string,
  text: string,
): { readonly manifests: readonly Manifest[]; readonly unreadable: readonly Unreadable[] } {
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  const unreadable: Unreadable[] = [];
  for (const document of parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.1',
    prettyErrors: false,
  })) {
    const [error] = document.errors;
    if (error !== undefined) {
      unreadable.push({
        file,
        line: lines.linePos(error.pos[0]).line,
        message: `is no YAML: ${error.message}`,
      });
      continue;
    }
    const line = lines.linePos(document.contents?.range[0] ?? 0).line;
    const read = objectsOf(document);
    if (typeof read === 'string') {
      unreadable.push({ file, line, message: read });
      continue;
    }
    for (const { object, prefix } of read) {
      const lineIn = (path: string): number => lineOf(document, lines, prefix + path);
      if (typeof object['kind'] === 'string') manifests.push({ file, object, lineOf: lineIn });
      else unreadable.push({ file, line: lineIn(''), message: NO_KIND });
    }
  }
  return { manifests, unreadable };
}

interface Located {
  readonly object: JsonObject;
  /** Where it stands in its document, e.g. `items[3].`; empty: it is the document. */
  readonly prefix: string;
}

/** What is wrong, if it holds no objects. */
function objectsOf(document: Document.Parsed): readonly Located[] | string {
  const value: unknown = toPlain(document);
  if (value === null || value === undefined) return [];
  if (!isObject(value) || typeof value['kind'] !== 'string') return NO_KIND;
  const { kind, items } = value;
  if (!kind.endsWith('List') || !Array.isArray(items)) return [{ object: value, prefix: '' }];
  // The API server does not repeat in each item of, say, a NodeList that it is a Node.
  const itemKind = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length) };
  return items.map((item: unknown, index) => ({
    object: { ...itemKind, ...asObject(item) },
    prefix: `items[${index}].`,
  }));
}

/** undefined for what cannot be had as plain data, such as aliases without end. */
function toPlain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return '';
  }
}

function lineOf(document: Document.Parsed, lines: LineCounter, path: string): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  let rest = path;
  while (rest !== '') {
    const step = stepInto(node, rest);
    if (step === undefined) break;
    ({ node, offset, rest } = step);
  }
  return lines.linePos(offset).line;
}

interface Step {
  readonly node: unknown;
  readonly offset: number;
  readonly rest: string;
}

/** One step along the path; keys may hold dots themselves, as label names do. */
function stepInto(node: unknown, path: string): Step | undefined {
  if (isSeq(node)) {
    const [, index = '', rest = ''] = /^\[(\d+)\]\.?(.*)$/s.exec(path) ?? [];
    const item: unknown = node.items[Number(index || -1)];
    const offset = startOf(item);
    return offset === undefined ? undefined : { node: item, offset, rest };
  }
  if (!isMap(node)) return undefined;
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const offset = startOf(key);
    if (name === '' || offset === undefined || !path.startsWith(name)) continue;
    const rest = path.slice(name.length);
    if (rest === '' || rest.startsWith('.') || rest.startsWith('['))
      return { node: value, offset, rest: rest.replace(/^\./, '') };
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined;
}
