/**
 * What the nodes of a unit are to a pod, counted node by node. No I/O.
 *
 * @module
 */
import type { Obstacle } from '../placement/node-fit.ts';

/** How many nodes of a unit one thing keeps a pod off. */
export interface ObstacleCount extends Obstacle {
  readonly nodes: number;
}

/** What a unit's nodes are to a pod. */
export interface Feasibility {
  /** Names of the nodes that can take it, as far as `node-fit` looks. */
  readonly nodeNames: readonly string[];
  /** What keeps it off the others, most nodes first. */
  readonly obstacles: readonly ObstacleCount[];
}

export class FeasibilityCount {
  readonly #nodeNames: string[] = [];
  readonly #obstacles = new Map<string, ObstacleCount>();

  /** @param found what keeps the pod off the node; undefined: nothing that is looked at. */
  add(nodeName: string, found: Obstacle | undefined): void {
    if (found === undefined) {
      this.#nodeNames.push(nodeName);
      return;
    }
    const key = `${found.reason}/${found.detail}`;
    this.#obstacles.set(key, { ...found, nodes: (this.#obstacles.get(key)?.nodes ?? 0) + 1 });
  }

  result(): Feasibility {
    return { nodeNames: this.#nodeNames, obstacles: [...this.#obstacles.values()].toSorted(byNodes) };
  }
}

function byNodes(a: ObstacleCount, b: ObstacleCount): number {
  return b.nodes - a.nodes || (a.reason + a.detail < b.reason + b.detail ? -1 : 1);
}
