/**
 * Strict reading of parsed YAML: every key is known, every value has its type, and an error names the place.
 *
 * @module
 */

/** Something in a file is not as the format wants it. */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  /** @param path place in the file, such as `steps[2].create`; '' for the whole. */
  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`);
  }
}

/**
 * Checks a value and returns it as what it is.
 *
 * @throws {FormatError} when it is something else.
 */
export type Read<T> = (value: unknown, path: string) => T;

type Readers = Readonly<Record<string, Read<unknown>>>;
type Result<R> = R extends Read<infer T> ? T : never;
type Entries<Required extends Readers, Optional extends Readers> = {
  readonly [Key in keyof Required]: Result<Required[Key]>;
} & { readonly [Key in keyof Optional]?: Result<Optional[Key]> };

/** Each key with a value of its type: the one key of a step says what the step does. */
export type Tagged<Alternatives extends Readers> = {
  readonly [Key in keyof Alternatives]: { readonly key: Key; readonly value: Result<Alternatives[Key]> };
}[keyof Alternatives];

export const text: Read<string> = (value, path) => {
  if (typeof value === 'string' && value !== '') return value;
  throw new FormatError(path, `must be a text, is ${shown(value)}`);
};

export const flag: Read<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw new FormatError(path, `must be true or false, is ${shown(value)}`);
};

/** A whole number, 0 or more. */
export const count: Read<number> = (value, path) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new FormatError(path, `must be a whole number, 0 or more, is ${shown(value)}`);
};

/** A Kubernetes quantity; a plain number is one. */
export const quantity: Read<string> = (value, path) => {
  if (typeof value === 'number') return String(value);
  return text(value, path);
};

/** `500ms`, `2s` or `15m`, in milliseconds. */
export const duration: Read<number> = (value, path) => {
  const match = /^(\d+)(ms|s|m)$/.exec(typeof value === 'string' ? value : '');
  if (match === null)
    throw new FormatError(path, `must be a time such as 500ms, 2s or 15m, is ${shown(value)}`);
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'];
  return Number(match[1]) * unit;
};

/** What is not ours to check, such as a manifest, which the API server checks. */
export const anyObject: Read<Readonly<Record<string, unknown>>> = (value, path) => asObject(value, path);

export function oneOf<const Word extends string>(...words: readonly Word[]): Read<Word> {
  return (value, path) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw new FormatError(path, `must be one of ${words.join(', ')}, is ${shown(value)}`);
  };
}

export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value, path) => (value === null ? null : read(value, path));
}

export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length === 0) {
      throw new FormatError(path, `must be a list with at least one entry, is ${shown(value)}`);
    }
    return value.map((item: unknown, index) => read(item, `${path}[${index}]`));
  };
}

/** Any keys, values of one type. */
export function mapOf<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(asObject(value, path)).map(([key, item]) => [key, read(item, at(path, key))]),
    );
}

/** Exactly these keys; the optional ones may be absent, none may be empty. */
export function object<Required extends Readers, Optional extends Readers>(
  required: Required,
  optional: Optional,
): Read<Entries<Required, Optional>> {
  const readers: Readers = { ...required, ...optional };
  return (value, path) => {
    const given = asObject(value, path);
    for (const key of Object.keys(required)) {
      if (!Object.hasOwn(given, key)) throw new FormatError(path, `lacks ${key}`);
    }
    const read = Object.entries(given).map(([key, item]) => [
      key,
      readerOf(readers, key, path)(item, at(path, key)),
    ]);
    return Object.fromEntries(read) as Entries<Required, Optional>;
  };
}

/** An object with exactly one key, which says what its value means. */
export function tagged<Alternatives extends Readers>(alternatives: Alternatives): Read<Tagged<Alternatives>> {
  return (value, path) => {
    const keys = Object.keys(asObject(value, path));
    const [key] = keys;
    if (key === undefined || keys.length > 1) {
      throw new FormatError(path, `must have exactly one key, has ${keys.join(', ') || 'none'}`);
    }
    const read = readerOf(alternatives, key, path);
    return { key, value: read(asObject(value, path)[key], at(path, key)) } as Tagged<Alternatives>;
  };
}

function readerOf(readers: Readers, key: string, path: string): Read<unknown> {
  const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
  if (read !== undefined) return read;
  throw new FormatError(path, `${key} is unknown here; known are ${Object.keys(readers).join(', ')}`);
}

function asObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new FormatError(path, `must be an object, is ${shown(value)}`);
}

function at(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
