/**
 * How many nodes kube-scheduler offers. In a large cluster it stops looking when it has found enough feasible nodes
 * (numFeasibleNodesToFind in pkg/scheduler/schedule_one.go, 1.36): a longer search could have found more, so a unit
 * without a node in the offer may still have one. Pure.
 *
 * @module
 */

const FEWEST_NODES = 100;
const LEAST_PERCENTAGE = 5;

/**
 * Most nodes that an offer holds.
 *
 * @param nodeCount nodes that were to be looked at.
 * @param percentage percentageOfNodesToScore of kube-scheduler; 0: not set, so that it follows from the number of nodes.
 */
export function mostOffered(nodeCount: number, percentage: number): number {
  if (nodeCount < FEWEST_NODES) return nodeCount;
  const share = percentage === 0 ? Math.max(LEAST_PERCENTAGE, 50 - Math.trunc(nodeCount / 125)) : percentage;
  return Math.min(nodeCount, Math.max(FEWEST_NODES, Math.trunc((nodeCount * share) / 100)));
}

export interface Offer {
  /** Nodes in the offer. */
  readonly length: number;
  /** Nodes of the cluster. */
  readonly nodeCount: number;
  readonly percentage: number;
  /**
   * Whether the pod itself may limit which nodes are looked at, by node names in its affinity or by its volumes: of
   * how many it is then not known.
   */
  readonly isNarrowed: boolean;
}

/** Whether the offer holds every feasible node. */
export function isExhaustive({ length, nodeCount, percentage, isNarrowed }: Offer): boolean {
  return length < (isNarrowed ? FEWEST_NODES : mostOffered(nodeCount, percentage)) || length >= nodeCount;
}
