/**
 * Kubernetes' MicroTime, which has exactly six digits of a second.
 *
 * @module
 */

export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
