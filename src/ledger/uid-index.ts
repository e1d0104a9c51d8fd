/** UIDs by a key that may be absent. */
export class UidIndex {
  readonly #uids = new Map<string, Set<string>>();

  get(key: string): Iterable<string> {
    return this.#uids.get(key) ?? [];
  }

  add(key: string | undefined, uid: string): void {
    if (key === undefined) return;
    const uids = this.#uids.get(key);
    if (uids === undefined) this.#uids.set(key, new Set([uid]));
    else uids.add(uid);
  }

  remove(key: string | undefined, uid: string): void {
    if (key === undefined) return;
    const uids = this.#uids.get(key);
    if (uids?.delete(uid) === true && uids.size === 0) this.#uids.delete(key);
  }
}
