/**
 * In which order a ReplicaSet removes its pods: ActivePodsWithRanks in pkg/controller/controller_utils.go (1.36), as far
 * as it can be told of pods that do not run yet. Pure.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';

/** A cost that is no whole number counts as 0, as in Kubernetes. */
export function costOfPod(pod: Pick<PodFacts, 'deletionCost'>): number {
  const text = pod.deletionCost ?? '0';
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

/**
 * The pods of one set, those removed first in front: without a node, then by deletion cost, then from the nodes with
 * most pods of the set, then the youngest.
 *
 * @param pods in the order of their creation.
 */
export function scaleInOrder<Pod extends Pick<PodFacts, 'nodeName' | 'deletionCost'>>(
  pods: readonly Pod[],
): readonly Pod[] {
  const onNode = new Map<string | undefined, number>();
  for (const { nodeName } of pods) onNode.set(nodeName, (onNode.get(nodeName) ?? 0) + 1);
  return pods
    .map((pod, age) => ({ pod, age, cost: costOfPod(pod), neighbours: onNode.get(pod.nodeName) ?? 0 }))
    .toSorted(
      (a, b) =>
        Number(a.pod.nodeName !== undefined) - Number(b.pod.nodeName !== undefined) ||
        a.cost - b.cost ||
        b.neighbours - a.neighbours ||
        b.age - a.age,
    )
    .map(({ pod }) => pod);
}
