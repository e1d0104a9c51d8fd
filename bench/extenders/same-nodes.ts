/**
 * The least that an extender has to do to answer the nodes of the right unit: a counter per job, and lists of names.
 * It knows nothing of bindings, restarts, deletions or races, so it is a bound for speed and not an extender to use.
 *
 * @module
 */

/** A unit as this extender is told of it. */
export interface StaticUnit {
  readonly max: number | undefined;
  readonly nodeNames: readonly string[];
}

/** Most names in an answer. */
export const MOST_NODES = 100;
/** Up to so many nodes of a unit are looked for one by one; else every candidate is looked up. */
const FEW_NODES = 16;

export class SameNodes {
  readonly #units: readonly { readonly max: number; readonly names: ReadonlySet<string> }[];
  /** Places given, by group, per unit. */
  readonly #given = new Map<string, number[]>();
  readonly #unitOf = new Map<string, number>();
  #next = 0;

  constructor(units: readonly StaticUnit[]) {
    this.#units = units.map(({ max = Infinity, nodeNames }) => ({ max, names: new Set(nodeNames) }));
  }

  /** Nodes for the pod; empty: it has to wait. The same pod is answered from the same unit again while it can be. */
  answer(uid: string, group: string, candidates: readonly string[]): readonly string[] {
    const given = this.#given.get(group) ?? this.#units.map(() => 0);
    this.#given.set(group, given);
    const before = this.#unitOf.get(uid);
    if (before !== undefined) given[before] = (given[before] ?? 0) - 1;
    this.#unitOf.delete(uid);
    for (const [index, { max, names }] of this.#units.entries()) {
      if ((given[index] ?? 0) >= max) continue;
      const found = this.#sample(candidates, names);
      if (found.length === 0) continue;
      given[index] = (given[index] ?? 0) + 1;
      this.#unitOf.set(uid, index);
      return found;
    }
    return [];
  }

  #sample(candidates: readonly string[], names: ReadonlySet<string>): readonly string[] {
    if (names.size <= FEW_NODES) return [...names].filter((name) => candidates.includes(name));
    const found: string[] = [];
    const start = this.#next;
    for (let step = 0; step < candidates.length && found.length < MOST_NODES; step += 1) {
      const at = (start + step) % candidates.length;
      const name = candidates[at];
      if (name !== undefined && names.has(name)) found.push(name);
      this.#next = at + 1;
    }
    return found;
  }
}
