/**
 * Something in a manifest is not as it has to be.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import type { Manifest, Unreadable } from './manifests.ts';

/** Thrown while a manifest is read; the message does not name the field. */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem';
  /** E.g. `spec.replicas`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** What reading yields, or its problem with file and line. */
export function attempt<Value>(manifest: Manifest, read: () => Value): Value | Unreadable {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
    const { path, message } = error;
    return { file: manifest.file, line: manifest.lineOf(path), message: `${path}: ${message}` };
  }
}

export function isUnreadable(value: object): value is Unreadable {
  return 'line' in value && 'message' in value && 'file' in value;
}

/** metadata.name of an object. */
export function nameAt(object: JsonObject): string {
  const { name } = asObject(object['metadata']);
  if (typeof name === 'string' && name !== '') return name;
  // Unquoted, YAML takes n, on and 1 for something else.
  throw new FieldProblem('metadata.name', name === undefined ? 'is missing' : 'must be a text: quote it');
}

/** A whole number, 0 or more. */
export function wholeAt(object: JsonObject, field: string, path: string, absent: number): number {
  const value = object[field] ?? absent;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FieldProblem(`${path}.${field}`, 'must be a whole number, 0 or more');
}

/** Without the fields and entries that are null, which Kubernetes takes for absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (!isObject(value)) return value;
  const present = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(present.map(([key, field]) => [key, withoutNulls(field)]));
}
