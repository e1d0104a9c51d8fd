/**
 * The forms of a scenario file → objects of the API server.
 *
 * @module
 */
import type { NodeSpec } from '../../control-plane/nodes.ts';
import { ecsNode, virtualNode } from '../../control-plane/nodes.ts';
import type { DeploymentForm, NodeForm, PodForm } from './format.ts';
import type { Paths } from './paths.ts';

/** Keeps a pod that lingers terminating until a step releases it, as a slow shutdown would. */
const LINGERS = 'scenario.test/lingers';

type PodFields = Omit<PodForm, 'pod' | 'count'>;

export function nodeSpec({ name, kind, labels = {}, cpu }: NodeForm): NodeSpec {
  const allocatable = cpu === undefined ? {} : { cpu };
  return (kind === 'ecs' ? ecsNode : virtualNode)(name, { labels, allocatable });
}

/** The pods of one entry, in order: `exec` with count 3 is exec-1, exec-2 and exec-3. */
export function podManifests(form: PodForm, paths: Paths): readonly PodManifest[] {
  const podNames =
    form.count === undefined
      ? [form.pod]
      : Array.from({ length: form.count }, (_, index) => `${form.pod}-${index + 1}`);
  return podNames.map((name) => {
    const { metadata, spec } = template(form, paths);
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name, namespace: paths.namespace },
      spec,
    };
  });
}

export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: object;
}

/** Its pods carry the label `app` with the Deployment's name. */
export function deploymentManifest(form: DeploymentForm, paths: Paths): object {
  const app = { app: form.deployment };
  const { metadata, spec } = template(form, paths);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: form.deployment, namespace: paths.namespace },
    spec: {
      replicas: form.replicas,
      selector: { matchLabels: app },
      template: { metadata: { ...metadata, labels: { ...form.labels, ...app } }, spec },
    },
  };
}

function template(form: PodFields, paths: Paths): { metadata: object; spec: object } {
  const { labels, annotations, requests, priorityClassName, runtimeClassName, schedulerName } = form;
  const toleration = { key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' };
  return {
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(form.lingers === true ? { finalizers: [LINGERS] } : {}),
    },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        { name: 'main', image: 'none', ...(requests === undefined ? {} : { resources: { requests } }) },
      ],
      ...(form.toleratesVirtualNodes === false ? {} : { tolerations: [toleration] }),
      ...(priorityClassName === undefined ? {} : { priorityClassName: paths.classOf(priorityClassName) }),
      ...(runtimeClassName === undefined ? {} : { runtimeClassName: paths.classOf(runtimeClassName) }),
      ...(schedulerName === undefined ? {} : { schedulerName }),
      ...form.spec,
    },
  };
}

/** `{{now-16m}}` in a value becomes that time, RFC 3339 in whole seconds; minutes or seconds, before now. */
export function withTimes<Value extends string | null>(
  values: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  const entries = Object.entries(values).map(([key, value]) => [
    key,
    value?.replaceAll(/\{\{now-(\d+)(m|s)\}\}/g, (_, digits: string, unit: string) => {
      const seconds = Number(digits) * (unit === 'm' ? 60 : 1);
      return `${new Date(Date.now() - seconds * 1_000).toISOString().slice(0, 19)}Z`;
    }) ?? null,
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, Value>>;
}
