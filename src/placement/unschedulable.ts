/**
 * kube-scheduler's words for a pod that it finds no node for, up to what it adds about preemption: NoNodeAvailableMsg and
 * FitError.Error in pkg/scheduler/framework/types.go, the reasons in the plugins' ErrReason constants (1.36). Pure.
 *
 * @module
 */
import type { Obstacle } from './node-fit.ts';

const NO_NODES = 'no nodes available to schedule pods';

/**
 * E.g. `0/4 nodes are available: 1 Insufficient cpu, 3 ResourcePolicy spark: unit 1 ecs is at max 2.`
 *
 * @param nodeCount all nodes of the cluster.
 * @param reasons how many nodes each one keeps the pod off; a node may have several.
 */
export function unschedulableText(nodeCount: number, reasons: ReadonlyMap<string, number>): string {
  if (nodeCount === 0) return NO_NODES;
  const counted = [...reasons].map(([reason, nodes]) => `${nodes} ${reason}`);
  // Go sorts by bytes.
  return `0/${nodeCount} nodes are available: ${counted.toSorted((a, b) => (a < b ? -1 : 1)).join(', ')}.`;
}

/** What kube-scheduler calls the obstacle: a reason for each resource that is lacking. */
export function reasonsOf({ reason, detail }: Obstacle): readonly string[] {
  switch (reason) {
    case 'cordoned':
      return ['node(s) were unschedulable'];
    case 'untolerated-taint':
      return ['node(s) had untolerated taint(s)'];
    case 'node-affinity':
      return ["node(s) didn't match Pod's node affinity/selector"];
    case 'insufficient-resources':
      return detail
        .split(', ')
        .map((resource) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`));
  }
}
