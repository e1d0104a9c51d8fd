/**
 * What a thrown value says. Pure.
 *
 * @module
 */

/** The message of an error, or the value as text when something else was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
