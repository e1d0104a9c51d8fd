/**
 * Nodes that kwok plays: presets of the two kinds that a ResourcePolicy chooses between, and making many of them fast.
 *
 * @module
 */
import type { V1Node, V1Taint } from '@kubernetes/client-node';
import type { ApiClient } from './api-client.ts';

/** A node to make. */
export interface NodeSpec {
  readonly name: string;
  /** Beside those every node has: kubernetes.io/arch, kubernetes.io/os and kubernetes.io/hostname. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints?: readonly V1Taint[];
  /** Kubernetes quantities; capacity is the same. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** What a preset lets the caller choose; labels and allocatable are laid over the preset's, taints replace them. */
export type NodeOverrides = Partial<Omit<NodeSpec, 'name'>>;

/** An ordinary ECS node: 8 CPU, 32 GiB, 110 pods. */
export function ecsNode(name: string, overrides: NodeOverrides = {}): NodeSpec {
  return withOverrides({ name, allocatable: { cpu: '8', memory: '32Gi', pods: '110' } }, overrides);
}

/** A virtual node (ECI): room for any number of pods, and the label and taint by which ACK's are known. */
export function virtualNode(name: string, overrides: NodeOverrides = {}): NodeSpec {
  const preset = {
    name,
    labels: { type: 'virtual-kubelet' },
    taints: [{ key: 'virtual-kubelet.io/provider', value: 'alibabacloud', effect: 'NoSchedule' }],
    allocatable: { cpu: '100k', memory: '1Pi', pods: '100k' },
  };
  return withOverrides(preset, overrides);
}

function withOverrides(preset: NodeSpec, overrides: NodeOverrides): NodeSpec {
  return {
    ...preset,
    ...overrides,
    labels: { ...preset.labels, ...overrides.labels },
    allocatable: { ...preset.allocatable, ...overrides.allocatable },
  };
}

/**
 * Makes the nodes and resolves when pods can be scheduled on all of them.
 *
 * @throws ApiError when a node of such a name exists; some of the others may have been made then
 */
export async function createNodes(
  { api }: { readonly api: ApiClient },
  specs: readonly NodeSpec[],
): Promise<void> {
  await Promise.all(
    specs.map(async (spec) => {
      await api.request('POST', '/api/v1/nodes', toNode(spec));
      // Admission taints every new node as not ready. kube-controller-manager would take the taint away, but at a
      // pace that makes a thousand nodes wait for a quarter of a minute.
      await api.request('PATCH', `/api/v1/nodes/${spec.name}`, { spec: { taints: spec.taints ?? null } });
    }),
  );
}

function toNode({ name, labels, annotations, taints, allocatable }: NodeSpec): V1Node {
  const now = new Date();
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      // The ttl and the beta labels are what kube-controller-manager would add, with a patch for each.
      annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0', ...annotations },
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
    },
    spec: taints === undefined ? {} : { taints: [...taints] },
    // With the status that kwok would give it, which saves kwok a patch for each node and everyone else an event.
    status: {
      allocatable: { ...allocatable },
      capacity: { ...allocatable },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastHeartbeatTime: now,
          lastTransitionTime: now,
        },
      ],
      phase: 'Running',
    },
  };
}
