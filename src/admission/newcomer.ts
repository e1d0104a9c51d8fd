/**
 * A pod that is being created, as the line of its group sees it. Pure.
 *
 * @module
 */
import { asObject } from '../facts/json.ts';
import type { PodConstraintsObject } from '../facts/pod-constraints.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import type { PodSpecObject } from '../facts/requests.ts';
import { requestsOf } from '../facts/requests.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Newcomer } from '../scheduling/arrivals.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import { needsToleration, VIRTUAL_NODE_TOLERATION } from './mutation.ts';

/** With the toleration that it gets. The API server has checked the types of its fields already. */
export function newcomerOf(
  namespace: string,
  pod: AdmittedPod,
  policies: readonly ResourcePolicy[],
): Newcomer {
  const spec: PodSpecObject & PodConstraintsObject['spec'] = asObject(pod.object['spec']);
  const { priority, preemptionPolicy } = asObject(pod.object['spec']);
  const constraints = podConstraints({ spec });
  const toleration = { ...VIRTUAL_NODE_TOLERATION, value: '' };
  return {
    namespace,
    labels: pod.labels,
    requests: requestsOf(spec, {}),
    priority: typeof priority === 'number' ? priority : 0,
    canPreempt: preemptionPolicy !== 'Never',
    constraints: {
      ...constraints,
      tolerations: needsToleration(pod, policies)
        ? [...constraints.tolerations, toleration]
        : constraints.tolerations,
    },
  };
}
