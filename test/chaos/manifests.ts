/**
 * The pods and Deployments of a tenant.
 *
 * @module
 */
import type { Tenant } from './tenants.ts';
import { JOB_LABEL, URGENT } from './tenants.ts';

export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly spec: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** Pod number `index` of a job, from 0. */
export function podOf(tenant: Tenant, job: string, index: number): PodManifest {
  const isUrgent = index >= tenant.jobSize * (1 - tenant.urgentShare);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${job}-${index}`, namespace: tenant.limits.namespace, ...labelsOf(job) },
    spec: { ...podSpec(tenant, index), ...(isUrgent ? { priorityClassName: URGENT } : {}) },
  };
}

/** A Deployment whose replicas are a job. */
export function deploymentOf(tenant: Tenant, job: string, replicas: number): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: job, namespace: tenant.limits.namespace },
    spec: {
      replicas,
      selector: { matchLabels: { [JOB_LABEL]: job } },
      template: { metadata: labelsOf(job), spec: podSpec(tenant, 0) },
    },
  };
}

function labelsOf(job: string): { labels: Record<string, string> } {
  return { labels: { [JOB_LABEL]: job } };
}

function podSpec({ cpu, policySpec }: Tenant, index: number): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
    // The small nodes are for those who wait for them.
    ...(policySpec === undefined ? { nodeSelector: { pool: 'big' } } : {}),
    containers: [
      {
        name: 'main',
        image: 'main',
        resources: { requests: { cpu: cpu[index % cpu.length], memory: '64Mi' } },
      },
    ],
  };
}
