/**
 * The policy of a workload, as a user would write it.
 *
 * @module
 */
import { GROUP_LABEL, NAMESPACE, SELECTED } from './pods.ts';
import type { Workload } from './workload.ts';

export const POLICY_NAME = 'bench';

export function policyManifest({ units, perJob }: Workload): object {
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name: POLICY_NAME, namespace: NAMESPACE },
    spec: { selector: SELECTED, ...(perJob ? { matchLabelKeys: [GROUP_LABEL] } : {}), units },
  };
}
