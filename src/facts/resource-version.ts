/**
 * Versions of API objects. Since Kubernetes 1.35 those of one kind may be compared as numbers; every API server on etcd
 * has always made them so.
 *
 * @module
 */

/** False also where one of them is not a number, as of an object that was never read from an API server. */
export function isLater(version: string, than: string): boolean {
  return /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) > BigInt(than);
}

/** The later of two; undefined: only when both are. */
export function laterVersion(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isLater(b, a) ? b : a;
}
