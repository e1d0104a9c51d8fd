/**
 * What the pods on each node ask for together: with the node's allocatable, its room as kube-scheduler sees it, but for
 * pods on their way.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';

const NOTHING: Requests = {};

export class NodeUse {
  readonly #used = new Map<string, Record<string, number>>();

  /** Summed requests of the pods on the node; finished ones need nothing. */
  of(nodeName: string): Requests {
    return this.#used.get(nodeName) ?? NOTHING;
  }

  /** A pod counts on its node, if it is on one, from now on (1), or no longer (-1). */
  count({ nodeName, finished, requests }: PodFacts, difference: 1 | -1): void {
    if (nodeName === undefined || finished) return;
    const used = this.#used.get(nodeName) ?? {};
    for (const [resource, amount] of Object.entries(requests)) {
      used[resource] = (used[resource] ?? 0) + difference * amount;
    }
    // The last pod takes the record with it: nodes come and go.
    if (used['pods'] === 0) this.#used.delete(nodeName);
    else this.#used.set(nodeName, used);
  }
}
