/**
 * The chart as the tests render it: in every way that its values allow.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Helm } from './tools/helm/helm.ts';
import { CHART, NAMESPACE, ROOT, testedKubernetes } from './tools/manifests.ts';

/** The chart's folder. */
export const CHART_DIR = join(ROOT, CHART);

/** Any rendered object; what a test wants of it, it says itself. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** Values of the chart, as in its values.yaml. */
export type Values = Readonly<Record<string, unknown>>;

/** By what it is good for: the values of each way in which the chart is installed. */
export const VARIANTS: Readonly<Record<string, Values>> = {
  'dedicated, as it comes': {},
  'dedicated, with everything': {
    scheduler: { name: 'spark-scheduler', image: { digest: `sha256:${'a'.repeat(64)}` } },
    image: { repository: 'registry.example.com/team/resource-policy', tag: '9.9.9' },
    imagePullSecrets: [{ name: 'registry' }],
    extender: { settings: { 'log-level': 'debug', 'percentage-of-nodes-to-score': 40 } },
    monitoring: { serviceMonitor: true, prometheusRule: true, labels: { release: 'prometheus' } },
    networkPolicy: { apiServers: [{ cidr: '10.0.0.1/32', port: 6443 }] },
    page: { enabled: true },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'system-cluster-critical',
  },
  'dedicated, with the webhook': { admission: { kind: 'webhook' } },
  'dedicated, with as little as possible': {
    replicas: 1,
    admission: { kind: 'none' },
    crd: { install: false },
    networkPolicy: { enabled: false },
  },
  'in-place, with certificates of cert-manager': {
    mode: 'in-place',
    monitoring: { serviceMonitor: true },
  },
  'in-place, with given secrets': {
    mode: 'in-place',
    inPlace: {
      clusterIP: '10.0.0.90',
      tls: { source: 'secrets', serverSecret: 'server', clientCASecret: 'client-ca' },
    },
    networkPolicy: { kubeSchedulers: ['10.0.0.0/28', 'fd00::/64'] },
  },
  'in-place, with the webhook': { mode: 'in-place', admission: { kind: 'webhook' } },
};

export interface RenderOptions {
  /** Default: none but the chart's. */
  readonly values?: Values;
  /** Default `resource-policy`. */
  readonly release?: string;
  /** Default {@link NAMESPACE}. */
  readonly namespace?: string;
  /** Default: that of the tests. */
  readonly kubernetes?: string;
}

/** What `helm template` writes. Rejects with Helm's words when the values are wrong. */
export async function rendered(helm: Helm, options: RenderOptions = {}): Promise<string> {
  const { release = 'resource-policy', namespace = NAMESPACE, kubernetes = testedKubernetes() } = options;
  const args = ['--namespace', namespace, '--kube-version', kubernetes, ...valueArgs(options.values)];
  return (await helm(['template', release, CHART_DIR, ...args])).stdout;
}

/** The objects of a text of manifests. */
export function manifests(text: string): readonly Manifest[] {
  const objects = parseAllDocuments(text).map((document): Manifest | null => document.toJS());
  return objects.filter((object) => object !== null);
}

/** The objects of {@link rendered}. */
export async function renderedManifests(helm: Helm, options?: RenderOptions): Promise<readonly Manifest[]> {
  return manifests(await rendered(helm, options));
}

/** Helm's arguments for values. */
export function valueArgs(values: Values = {}): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    '--set-json',
    `${name}=${JSON.stringify(value)}`,
  ]);
}

/** The kinds that the tests look into. */
interface Kinds {
  readonly Certificate: Manifest;
  readonly ClusterRole: Role;
  readonly ConfigMap: ConfigMap;
  readonly CustomResourceDefinition: CustomResourceDefinition;
  readonly Deployment: Deployment;
  readonly Issuer: Manifest;
  readonly MutatingAdmissionPolicy: AdmissionPolicy;
  readonly Role: Role;
  readonly Service: Manifest;
}

/** The one object of a kind, and of a name where there are several. Throws when there is none. */
export function only<Kind extends keyof Kinds>(
  objects: readonly Manifest[],
  kind: Kind,
  name?: string,
): Kinds[Kind] {
  const found = objects.filter(
    (object): object is Kinds[Kind] =>
      object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  if (found.length !== 1) throw new Error(`${found.length} ${kind} ${name ?? ''}`);
  return found[0]!;
}

interface Role extends Manifest {
  readonly rules: readonly {
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

interface ConfigMap extends Manifest {
  readonly data: Readonly<Record<string, string>>;
}

interface AdmissionPolicy extends Manifest {
  readonly spec: {
    readonly matchConstraints: {
      readonly namespaceSelector: {
        readonly matchExpressions: readonly { readonly values: readonly string[] }[];
      };
    };
    readonly mutations: readonly { readonly jsonPatch: { readonly expression: string } }[];
  };
}

interface CustomResourceDefinition extends Manifest {
  readonly metadata: Manifest['metadata'] & { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: unknown;
}

/** Writes text to a file of the folder, and returns its path. */
export function fileIn(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** The parts of a container that the tests look at. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, unknown>>;
  readonly startupProbe?: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string; readonly scheme?: string };
}

/** The parts of the Deployment that the tests look at. */
export interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly affinity: unknown;
        readonly serviceAccountName: string;
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly initContainers?: readonly Container[];
        readonly containers: readonly Container[];
      };
    };
  };
}

/** All containers of its pods, those that run beside the others first. */
export function containersOf({ spec }: Deployment): readonly Container[] {
  const { initContainers = [], containers } = spec.template.spec;
  return [...initContainers, ...containers];
}
