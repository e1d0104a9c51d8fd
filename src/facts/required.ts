/**
 * What identifies an object must be there. Pure.
 *
 * @module
 */

/** An object from the wire lacks what identifies it. */
export class MissingField extends Error {
  readonly field: string;

  constructor(field: string) {
    super(`${field} is missing or empty`);
    this.field = field;
  }
}

/** The value, or an error that names the field when it is absent or empty. */
export function required(value: string | undefined, field: string): string {
  if (typeof value !== 'string' || value === '') throw new MissingField(field);
  return value;
}
