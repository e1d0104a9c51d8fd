/**
 * What the API server is told of the webhook: a MutatingWebhookConfiguration. Pure.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { isObject } from '../facts/json.ts';

/** What is to stand in the API server. */
export interface Wanted {
  /** Namespaces whose pods are sent, sorted. */
  readonly namespaces: readonly string[];
  /** Certificates that the API server trusts, PEM. */
  readonly caBundle: string;
}

export interface WebhookConfiguration {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'MutatingWebhookConfiguration';
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly webhooks: readonly JsonObject[];
}

/** Annotation of the configuration: which process registered it. */
export const INSTANCE_ANNOTATION = 'resource-policy.scheduling/instance';

/** A webhook that does not answer costs each pod of its namespaces at most this long. */
const TIMEOUT_SECONDS = 2;

export function webhookConfiguration(
  { name, instance, url }: { name: string; instance: string; url: string },
  { namespaces, caBundle }: Wanted,
): WebhookConfiguration {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, annotations: { [INSTANCE_ANNOTATION]: instance } },
    webhooks: [
      {
        name: 'pods.resource-policy.scheduling',
        admissionReviewVersions: ['v1'],
        clientConfig: { url, caBundle: Buffer.from(caBundle).toString('base64') },
        // Pods are created without us, too.
        failurePolicy: 'Ignore',
        timeoutSeconds: TIMEOUT_SECONDS,
        sideEffects: 'None',
        // Another webhook may add the label by which a policy selects the pod.
        reinvocationPolicy: 'IfNeeded',
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['pods'],
            scope: 'Namespaced',
          },
        ],
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...namespaces] }],
        },
        matchConditions: [
          {
            name: 'not-bound',
            expression: "!has(object.spec.nodeName) || object.spec.nodeName == ''",
          },
        ],
      },
    ],
  };
}

/** Whether what stands says all that is wanted; the API server fills in more. */
export function says(standing: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(standing) &&
      standing.length === wanted.length &&
      wanted.every((item, index) => says(standing[index], item))
    );
  }
  if (!isObject(wanted)) return standing === wanted;
  return isObject(standing) && Object.entries(wanted).every(([key, value]) => says(standing[key], value));
}
