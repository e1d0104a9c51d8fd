/**
 * Where the API server keeps what we read and write.
 *
 * @module
 */
import { POLICY_API } from '../policy/resource-policy.ts';

/** An object in a namespace. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** How objects are patched. */
export const MERGE_PATCH = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

const POLICY_ROOT = `/apis/${POLICY_API.group}/${POLICY_API.version}`;

export const PODS_PATH = '/api/v1/pods';
export const NODES_PATH = '/api/v1/nodes';
/** All policies of the cluster. */
export const POLICIES_PATH = `${POLICY_ROOT}/${POLICY_API.plural}`;
/** Registrations of webhooks that change objects. */
export const WEBHOOK_CONFIGURATIONS_PATH =
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

export function podPath(pod: ObjectName): string {
  return `/api/v1/namespaces/${segment(pod.namespace)}/pods/${segment(pod.name)}`;
}

/** All policies of a namespace. */
export function policiesPath(namespace: string): string {
  return `${POLICY_ROOT}/namespaces/${segment(namespace)}/${POLICY_API.plural}`;
}

export function policyPath(policy: ObjectName): string {
  const namespace = segment(policy.namespace);
  return `${POLICY_ROOT}/namespaces/${namespace}/${POLICY_API.plural}/${segment(policy.name)}`;
}

export function webhookConfigurationPath(name: string): string {
  return `${WEBHOOK_CONFIGURATIONS_PATH}/${segment(name)}`;
}

export function leasesPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${segment(namespace)}/leases`;
}

export function leasePath(lease: ObjectName): string {
  return `${leasesPath(lease.namespace)}/${segment(lease.name)}`;
}

export function eventsPath(namespace: string): string {
  return `/apis/events.k8s.io/v1/namespaces/${segment(namespace)}/events`;
}

export function eventPath(event: ObjectName): string {
  return `${eventsPath(event.namespace)}/${segment(event.name)}`;
}

/**
 * A name as one segment of a path, whatever is in it.
 *
 * @throws {TypeError} for a name that is a step within a path: no object has one.
 */
function segment(name: string): string {
  if (/^\.{0,2}$/.test(name)) throw new TypeError(`"${name}" cannot be the name of an object`);
  return encodeURIComponent(name);
}
