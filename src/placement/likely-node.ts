/**
 * The node that a pod is likely to get, of those that it may use. kube-scheduler's scoring is not reproduced: it is the
 * node that the pod prefers by its affinity, then the least allocated one, which is what kube-scheduler's defaults lean
 * to. The answer is the same each time. Pure.
 *
 * @module
 */
import type { NodeCapacity } from '../facts/node-capacity.ts';
import type { NodePreference } from '../facts/node-preferences.ts';
import type { Requests } from '../facts/requests.ts';
import { termSelects } from './node-fit.ts';
import { amountOf } from './usage.ts';

export interface LikelyNodeParts {
  readonly requests: Requests;
  readonly preferences: readonly NodePreference[];
  readonly capacity: (name: string) => NodeCapacity | undefined;
  /** Summed requests of the pods on the node. */
  readonly usedOn: (name: string) => Requests;
}

interface Score {
  readonly name: string;
  /** Summed weights of the preferences for it. */
  readonly preferred: number;
  /** Share of cpu and memory that is taken with the pod there, their mean. */
  readonly allocated: number;
  readonly pods: number;
}

/** Undefined only when there is no name. */
export function likelyNode(names: readonly string[], parts: LikelyNodeParts): string | undefined {
  let best: Score | undefined;
  for (const name of names) {
    const score = scoreOf(name, parts);
    if (best === undefined || compare(score, best) < 0) best = score;
  }
  return best?.name;
}

function scoreOf(name: string, { requests, preferences, capacity, usedOn }: LikelyNodeParts): Score {
  const node = capacity(name);
  const used = usedOn(name);
  const share = (resource: string): number => {
    const allocatable = amountOf(node?.allocatable ?? {}, resource);
    return allocatable === 0 ? 1 : (amountOf(used, resource) + amountOf(requests, resource)) / allocatable;
  };
  const chosen = preferences.filter(({ term }) => node !== undefined && termSelects(term, node));
  return {
    name,
    preferred: chosen.reduce((sum, { weight }) => sum + weight, 0),
    allocated: (share('cpu') + share('memory')) / 2,
    pods: amountOf(used, 'pods'),
  };
}

/** Negative: the first is likelier. */
function compare(a: Score, b: Score): number {
  return (
    b.preferred - a.preferred || a.allocated - b.allocated || a.pods - b.pods || (a.name < b.name ? -1 : 1)
  );
}
