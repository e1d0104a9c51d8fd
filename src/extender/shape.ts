/**
 * Whether JSON is of the shape that the API's types have, told before anything is read from it.
 *
 * @module
 */
import { isObject } from '../facts/json.ts';

/**
 * - `text`: a string
 * - `whole`: a whole number that JavaScript holds exactly
 * - `quantity`: a string or a finite number
 * - `time`: a string that names one; null, too, which Kubernetes writes for none
 *
 * Fields that are not named may be anything.
 */
export type Shape =
  | 'text'
  | 'whole'
  | 'quantity'
  | 'time'
  | { readonly listOf: Shape }
  | { readonly mapOf: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

/**
 * What does not fit, with its path; undefined: all does. What is absent fits, and so does null for a list or a map: Go
 * writes it for an empty one.
 */
export function misfit(value: unknown, shape: Shape, path: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof shape === 'string')
    return isScalar(value, shape) ? undefined : `${path} must be ${WORDS[shape]}`;
  if (value === null && !('fields' in shape)) return undefined;
  if ('listOf' in shape) {
    if (!Array.isArray(value)) return `${path} must be a list`;
    return firstOf(value.entries(), ([index, item]) => inner(item, shape.listOf, `${path}[${index}]`));
  }
  if (!isObject(value)) return `${path} must be an object`;
  if ('mapOf' in shape)
    return firstOf(Object.entries(value), ([key, item]) => inner(item, shape.mapOf, `${path}.${key}`));
  return firstOf(Object.entries(shape.fields), ([field, part]) =>
    misfit(value[field], part, `${path}.${field}`),
  );
}

/** What stands in a list or a map is there. */
function inner(value: unknown, shape: Shape, path: string): string | undefined {
  return value === null ? `${path} must not be null` : misfit(value, shape, path);
}

const WORDS = { text: 'a string', whole: 'a whole number', quantity: 'a quantity', time: 'a time' } as const;

function isScalar(value: unknown, shape: keyof typeof WORDS): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'whole':
      return Number.isSafeInteger(value);
    case 'quantity':
      return typeof value === 'string' || Number.isFinite(value);
    case 'time':
      return value === null || (typeof value === 'string' && Number.isFinite(Date.parse(value)));
  }
}

function firstOf<Item>(items: Iterable<Item>, look: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
