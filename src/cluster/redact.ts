/**
 * Secrets are not to come back: the error page of a proxy may show the request that it refuses, its headers too.
 *
 * @module
 */
import type { Access } from './credentials.ts';

/** Shorter ones are no secrets, and their letters stand in many words. */
const SHORTEST_SECRET = 8;

/** The text without the token or password that the request carried. */
export function redacted(text: string, { headers }: Pick<Access, 'headers'>): string {
  const secret = headers['authorization']?.split(' ').at(-1) ?? '';
  return secret.length < SHORTEST_SECRET ? text : text.replaceAll(secret, '[redacted]');
}
