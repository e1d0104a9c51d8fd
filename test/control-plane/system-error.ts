/**
 * Telling the errors of the operating system apart.
 *
 * @module
 */

/** Whether an error carries one of these codes, such as `ENOENT`. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
