/**
 * What `plan` finds in files: policies, nodes, workloads and pods, each read as the API server would have it.
 *
 * @module
 */
import { misfit } from '../extender/shape.ts';
import type { Shape } from '../extender/shape.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import { nodeFacts } from '../facts/node-facts.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { attempt, FieldProblem, isUnreadable, nameAt, withoutNulls } from './field-problem.ts';
import type { Manifest, Unreadable } from './manifests.ts';
import { readManifests } from './manifests.ts';
import { completedPod } from './pod-manifest.ts';
import { namespaceOf, policyManifest, policyProblems } from './policy-manifest.ts';
import type { WorkloadPods } from './workload-pods.ts';
import { workloadPods } from './workload-pods.ts';

/** A file with what stands in it. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
}

export interface PlanFiles {
  readonly policies: readonly ResourcePolicy[];
  readonly nodes: readonly NodeFacts[];
  /** Workloads and bare pods as they follow each other. */
  readonly items: readonly PlanItem[];
  /** Priorities by the name of their class; '' is that of pods which name none. */
  readonly priorities: ReadonlyMap<string, number>;
  /** What cannot be planned with, in the order of the files. */
  readonly problems: readonly Unreadable[];
}

export type PlanItem =
  | { readonly kind: 'workload'; readonly workload: WorkloadPods }
  /** A Pod object with namespace and uid. */
  | { readonly kind: 'pod'; readonly pod: JsonObject };

const NODE_SHAPE: Shape = {
  fields: {
    metadata: { fields: { labels: { mapOf: 'text' } } },
    spec: {
      fields: {
        taints: { listOf: { fields: { key: 'text', value: 'text', effect: 'text' } } },
      },
    },
    status: { fields: { allocatable: { mapOf: 'quantity' }, capacity: { mapOf: 'quantity' } } },
  },
};

/** @param namespace of objects that name none. */
export function planFiles(files: readonly TextFile[], namespace: string): PlanFiles {
  const read = files.map(({ name, text }) => readManifests(name, text));
  const problems = read.flatMap((file) => file.unreadable);
  const policies: ResourcePolicy[] = [];
  const nodes: NodeFacts[] = [];
  const items: PlanItem[] = [];
  const priorities = new Map<string, number>();
  const keep = <Value extends object>(
    manifest: Manifest,
    readIt: () => Value,
    use: (value: Value) => void,
  ): void => {
    const value = attempt(manifest, readIt);
    if (isUnreadable(value)) problems.push(value);
    else use(value);
  };
  for (const manifest of read.flatMap((file) => file.manifests)) {
    switch (manifest.object['kind']) {
      case 'ResourcePolicy': {
        const policy = policyManifest(manifest, namespace);
        for (const { path, message } of policyProblems(policy))
          problems.push({ file: manifest.file, line: manifest.lineOf(path), message: `${path}: ${message}` });
        policies.push(policy.policy);
        break;
      }
      case 'Node':
        keep(
          manifest,
          () => nodeOf(manifest),
          (node) => nodes.push(node),
        );
        break;
      case 'Pod':
        keep(
          manifest,
          () => podOf(manifest, namespace),
          (pod) => items.push({ kind: 'pod', pod }),
        );
        break;
      case 'PriorityClass':
        keep(
          manifest,
          () => priorityOf(manifest),
          ({ names, value }) => {
            for (const name of names) priorities.set(name, value);
          },
        );
        break;
      default:
        keep(
          manifest,
          () => ({ workload: workloadPods(manifest, namespace) }),
          ({ workload }) => {
            if (workload !== undefined) items.push({ kind: 'workload', workload });
          },
        );
    }
  }
  return { policies, nodes, items: withoutOwned(items), priorities, problems };
}

function nodeOf({ object }: Manifest): NodeFacts {
  const node = asObject(withoutNulls(object));
  const found = misfit(node, NODE_SHAPE, 'Node');
  if (found !== undefined) {
    const [, path = '', message = found] = /^Node\.(\S+) (.*)$/s.exec(found) ?? [];
    throw new FieldProblem(path, message);
  }
  const metadata = asObject(node['metadata']);
  const status = asObject(node['status']);
  const allocatable = status['allocatable'] ?? status['capacity'];
  nameAt(object);
  if (allocatable === undefined)
    throw new FieldProblem(
      'status.allocatable',
      'is missing: nothing fits a node that is not said to have room',
    );
  return nodeFacts({
    ...node,
    metadata: { uid: 'in-a-file', ...metadata },
    status: { allocatable: asObject(allocatable) },
  });
}

function podOf({ object }: Manifest, absent: string): JsonObject {
  const pod = completedPod(object, '');
  const metadata = asObject(pod['metadata']);
  const name = nameAt(object);
  const namespace = namespaceOf(pod, absent);
  return { ...pod, metadata: { uid: `Pod/${namespace}/${name}`, ...metadata, namespace } };
}

function priorityOf({ object }: Manifest): { readonly names: readonly string[]; readonly value: number } {
  const name = nameAt(object);
  const { value, globalDefault } = object;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new FieldProblem('value', 'must be a whole number');
  return { names: globalDefault === true ? [name, ''] : [name], value };
}

/** Of a Deployment and its ReplicaSets, both in the files, the Deployment alone has pods. */
function withoutOwned(items: readonly PlanItem[]): readonly PlanItem[] {
  const keys = new Set(
    items.flatMap((item) => (item.kind === 'workload' ? [workloadKey(item.workload)] : [])),
  );
  return items.filter((item) => {
    if (item.kind === 'pod') return true;
    const { namespace, owners } = item.workload;
    return !owners.some((owner) => keys.has(workloadKey({ ...owner, namespace })));
  });
}

function workloadKey({ kind, namespace, name }: Pick<WorkloadPods, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`;
}
