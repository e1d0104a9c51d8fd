/**
 * kube-scheduler's last word on a pod, as it stands in the pod's status. Pure.
 *
 * @module
 */
import type { PodObject } from './pod-facts.ts';

export interface LastWord {
  /** Whether the pod was placed. */
  readonly isScheduled: boolean;
  /** Empty when there is none, as for a placed pod. */
  readonly message: string;
  /** Since when it is so, milliseconds since the epoch (whole seconds); undefined: the status does not say. */
  readonly sinceMs: number | undefined;
}

/** The condition PodScheduled; undefined: kube-scheduler has not tried the pod yet. */
export function lastWord({ status }: PodObject): LastWord | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition === undefined) return undefined;
  const { lastTransitionTime } = condition;
  return {
    isScheduled: condition.status === 'True',
    message: condition.message ?? '',
    sinceMs: lastTransitionTime ? Date.parse(lastTransitionTime) : undefined,
  };
}
