/**
 * By which names a page on a loopback address may be asked for. A web page of somebody else can have its own name lead to
 * 127.0.0.1 in the browser of whoever opens it, and could then read everything here; it cannot make the browser say
 * another name.
 *
 * @module
 */

/** @param host the header of that name. */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
