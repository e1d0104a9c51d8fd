/**
 * A bounded share of a unit's feasible nodes. kube-scheduler scores every node it is answered, and scores no more than
 * 100 of its own accord in a large cluster (minFeasibleNodesToFind in schedule_one.go): more names only cost time on
 * both sides. Pure but for where it left off.
 *
 * @module
 */

/** Most nodes in an answer. */
export const MOST_NODES = 100;

/**
 * Units of up to this many nodes are looked for by name. Each name of a request is a new string whose hash is not known
 * yet, so comparing 1,000 of them costs 3 µs per name looked for, and looking all of them up in a set 100 µs.
 */
const FEW_NODES = 16;

/** Takes turns over the candidates, so that every node of a unit is offered as often as any other. */
export class Sampler {
  #next = 0;

  /**
   * At most {@link MOST_NODES} of the candidates that are members, beginning where the last sample ended. Empty only
   * if no candidate is a member.
   */
  sample(candidates: readonly string[], members: ReadonlySet<string>): readonly string[] {
    if (members.size <= FEW_NODES) return [...members].filter((name) => candidates.includes(name));
    const found: string[] = [];
    const count = candidates.length;
    const start = count === 0 ? 0 : this.#next % count;
    for (let step = 0; step < count && found.length < MOST_NODES; step += 1) {
      const name = candidates[(start + step) % count];
      this.#next = start + step + 1;
      if (name !== undefined && members.has(name)) found.push(name);
    }
    return found;
  }
}
