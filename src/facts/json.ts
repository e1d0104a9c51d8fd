/**
 * Reading JSON of unknown shape. Pure.
 *
 * @module
 */

/** A plain JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty one: absent and wrong are told apart by the caller's own checks. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
