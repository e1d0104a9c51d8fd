/**
 * Files and cluster → what is to be planned: which pods there are, which are to come, in which order, and to which
 * workload each belongs.
 *
 * @module
 */
import { admittedPod } from '../admission/admitted-pod.ts';
import { mutationsOf } from '../admission/mutation.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { carriesAll, labelOf } from '../facts/labels.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import { nodePreferences } from '../facts/node-preferences.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { podFacts } from '../facts/pod-facts.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { PlanInput, PlannedPod } from '../scheduling/plan.ts';
import type { Workload } from '../scheduling/plan-report.ts';
import { AT_RUN_TIME } from './job-specs.ts';
import type { PlanFiles } from './plan-files.ts';
import type { PodSet, WorkloadPods } from './workload-pods.ts';

/** A cluster as it was listed. */
export interface PlanCluster {
  readonly policies: readonly ResourcePolicy[];
  readonly nodes: readonly NodeFacts[];
  /** Pods with a node, all of the cluster. */
  readonly bound: readonly PodFacts[];
  /** Pods without one, of the namespaces that are looked at. */
  readonly waiting: readonly PlannedPod[];
  readonly priorities: ReadonlyMap<string, number>;
}

export interface Scene {
  readonly input: PlanInput;
  readonly workloads: readonly Workload[];
  /** What was taken for granted. */
  readonly notes: readonly string[];
}

interface Surroundings {
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
  readonly nowMs: number;
}

const TOLERATION_NOTE = 'pods without a toleration for virtual nodes get it at admission (docs/admission.md)';

/** Classes that every cluster has. */
const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/** @param cluster absent: the files hold everything there is. */
export function sceneOf(files: PlanFiles, cluster: PlanCluster | undefined, around: Surroundings): Scene {
  return new Composer(files, cluster, around).scene();
}

class Composer {
  readonly #files: PlanFiles;
  readonly #cluster: PlanCluster | undefined;
  readonly #around: Surroundings;
  readonly #policies: readonly ResourcePolicy[];
  readonly #priorities: ReadonlyMap<string, number>;
  readonly #notes = new Set<string>();
  readonly #bound: PodFacts[];
  /** In the order in which they are tried. */
  readonly #toPlace: PlannedPod[] = [];
  /** UIDs of pods that belong to a workload of the files. */
  readonly #claimed = new Set<string>();

  constructor(files: PlanFiles, cluster: PlanCluster | undefined, around: Surroundings) {
    this.#files = files;
    this.#cluster = cluster;
    this.#around = around;
    this.#policies = policiesOf(files, cluster, around.nowMs);
    const names = files.policies.map(policyKey);
    for (const name of names.filter((each, index) => names.indexOf(each) !== index))
      this.#notes.add(
        `ResourcePolicy ${name} is there more than once: the last one counts, as with kubectl apply`,
      );
    this.#priorities = new Map([...SYSTEM_PRIORITIES, ...(cluster?.priorities ?? []), ...files.priorities]);
    this.#bound = [...(cluster?.bound ?? [])];
  }

  scene(): Scene {
    const waiting = [...(this.#cluster?.waiting ?? [])].toSorted(byQueue);
    this.#toPlace.push(...waiting);
    const bare = this.#barePods();
    const present = [...this.#bound, ...[...waiting, ...bare.values()].map(({ facts }) => facts)];
    const workloads: Workload[] = [];
    for (const item of this.#files.items) {
      if (item.kind === 'workload') workloads.push(this.#workload(item.workload, present));
      else {
        const pod = bare.get(item.pod);
        if (pod !== undefined) this.#toPlace.push(pod);
      }
    }
    const isLoose = ({ uid }: PodFacts): boolean => !this.#claimed.has(uid);
    const loose = [...bare.values()].map(({ facts }) => facts).filter(isLoose);
    const others = waiting.map(({ facts }) => facts).filter(isLoose);
    workloads.push(...podsByNamespace(loose));
    // Who names nothing to be placed asks about the pods that wait.
    if (workloads.length === 0) workloads.push(...podsByNamespace(others));
    else if (others.length > 0)
      this.#notes.add(
        `${podCount(others.length)} of the cluster that ${others.length === 1 ? 'waits already is' : 'wait already are'} tried first`,
      );
    return {
      input: {
        policies: this.#policies,
        nodes: [...mergedByName(this.#cluster?.nodes ?? [], this.#files.nodes)],
        bound: this.#bound,
        pods: this.#toPlace,
        ...this.#around,
      },
      workloads,
      notes: [...this.#notes],
    };
  }

  /** Pods of the files that are to be placed, by object; those that have a node are put where they are. */
  #barePods(): ReadonlyMap<JsonObject, PlannedPod> {
    const { bound = [], waiting = [] } = this.#cluster ?? {};
    const known = new Set([...bound, ...waiting.map(({ facts }) => facts)].map(nameOf));
    const toPlace = new Map<JsonObject, PlannedPod>();
    for (const item of this.#files.items) {
      if (item.kind !== 'pod') continue;
      const facts = podFacts(item.pod);
      if (facts.finished || known.has(nameOf(facts))) continue;
      if (facts.nodeName !== undefined) this.#bound.push(facts);
      else if (!facts.terminating) toPlace.set(item.pod, this.#planned(item.pod));
    }
    return toPlace;
  }

  #workload({ kind, namespace, name, sets, notes }: WorkloadPods, present: readonly PodFacts[]): Workload {
    for (const note of notes) this.#notes.add(note);
    const all: string[] = [];
    let firstUid: string | undefined;
    let alike: PodFacts | undefined;
    for (const set of sets) {
      const there = present
        .filter((pod) => pod.namespace === namespace && isOf(pod, set))
        .toSorted((a, b) => a.createdMs - b.createdMs);
      for (const { uid } of there) this.#claimed.add(uid);
      alike ??= there[0];
      const surplus = there.length - set.count;
      if (surplus > 0)
        this.#notes.add(
          `${kind} ${name} has ${podCount(surplus)} more than the ${set.count} it is to have: scale-in removes them`,
        );
      const created = Array.from({ length: Math.max(0, -surplus) }, (_, index) =>
        this.#planned(
          newPod({ kind, namespace, name }, set, { index: there.length + index, alike }),
          set.isCreatedByFirst ? firstUid : undefined,
        ),
      );
      this.#toPlace.push(...created);
      const uids = [...there, ...created.map(({ facts }) => facts)].map(({ uid }) => uid);
      firstUid ??= uids[0];
      all.push(...uids);
    }
    return {
      kind,
      namespace,
      name,
      wanted: sets.reduce((sum, { count }) => sum + count, 0),
      pods: all,
    };
  }

  /** A Pod object as admission leaves it. */
  #planned(object: JsonObject, createdBy?: string): PlannedPod {
    const pod = this.#tolerating(this.#prioritised(object));
    const constraints = podConstraints(pod);
    for (const other of constraints.others)
      this.#notes.add(`kube-scheduler looks at ${other} of the pods, too, and the plan does not`);
    return {
      facts: podFacts(pod),
      constraints,
      preferences: nodePreferences(pod),
      ...(createdBy === undefined ? {} : { createdBy }),
    };
  }

  #prioritised(pod: JsonObject): JsonObject {
    const spec = asObject(pod['spec']);
    if (typeof spec['priority'] === 'number') return pod;
    const name = typeof spec['priorityClassName'] === 'string' ? spec['priorityClassName'] : '';
    const priority = this.#priorities.get(name);
    if (priority === undefined && name !== '')
      this.#notes.add(`PriorityClass ${name} is not known: its pods count as having priority 0`);
    return { ...pod, spec: { ...spec, priority: priority ?? 0 } };
  }

  /** What deploy/admission or the webhook give to pods that their policy may send to virtual nodes. */
  #tolerating(pod: JsonObject): JsonObject {
    const { labels, namespace } = podFacts(pod);
    const selecting = this.#policies.filter(
      (policy) => policy.namespace === namespace && selects(policy, labels),
    );
    const admitted = admittedPod(pod);
    const added = mutationsOf(admitted, {
      policies: selecting,
      settings: { schedulerName: undefined },
      arrival: { kind: 'queued' },
    })
      .filter(({ path }) => path === '/spec/tolerations/-')
      .map(({ value }) => asObject(value));
    if (added.length === 0) return pod;
    // Those that tolerate one provider's virtual nodes come to get a wider toleration, which rarely matters.
    const isNews = !admitted.tolerations.some(({ key }) => added.some((each) => each['key'] === key));
    if (isNews) this.#notes.add(TOLERATION_NOTE);
    const spec = asObject(pod['spec']);
    const own = spec['tolerations'];
    return { ...pod, spec: { ...spec, tolerations: [...(Array.isArray(own) ? own : []), ...added] } };
  }
}

/** Policies of files take the place of those in the cluster, as with kubectl apply. */
function policiesOf(
  files: PlanFiles,
  cluster: PlanCluster | undefined,
  nowMs: number,
): readonly ResourcePolicy[] {
  const merged = new Map((cluster?.policies ?? []).map((policy) => [policyKey(policy), policy]));
  for (const policy of files.policies) {
    const created = policy.createdMs || (merged.get(policyKey(policy))?.createdMs ?? nowMs);
    merged.set(policyKey(policy), { ...policy, createdMs: created });
  }
  return [...merged.values()];
}

function mergedByName(cluster: readonly NodeFacts[], files: readonly NodeFacts[]): Iterable<NodeFacts> {
  return new Map([...cluster, ...files].map((node) => [node.name, node])).values();
}

/** kube-scheduler's queue: by priority, then by age. */
function byQueue(a: PlannedPod, b: PlannedPod): number {
  return b.facts.priority - a.facts.priority || a.facts.createdMs - b.facts.createdMs;
}

function isOf(pod: PodFacts, { existing }: PodSet): boolean {
  return !pod.finished && !pod.terminating && carriesAll(pod.labels, existing);
}

/** @param alike a pod of the workload that is there already. */
function newPod(
  { kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string },
  set: PodSet,
  { index, alike }: { readonly index: number; readonly alike: PodFacts | undefined },
): JsonObject {
  const podName = set.nameOf(index);
  /** Labels of which every pod has its own value. */
  const own: Labels = {
    'spark-exec-id': String(index + 1),
    'apps.kubernetes.io/pod-index': String(index),
    'statefulset.kubernetes.io/pod-name': podName,
  };
  const labels = Object.entries(set.labels).map(([key, value]): [string, string] => [
    key,
    value === AT_RUN_TIME
      ? (labelOf(own, key) ?? labelOf(alike?.labels ?? {}, key) ?? `${kind}/${name}`)
      : value,
  ]);
  return {
    metadata: {
      uid: `${kind}/${namespace}/${name}/${podName}`,
      namespace,
      name: podName,
      labels: Object.fromEntries(labels),
      annotations: set.annotations,
    },
    spec: set.spec,
  };
}

function nameOf({ namespace, name }: PodFacts): string {
  return `${namespace}/${name}`;
}

function podsByNamespace(pods: readonly PodFacts[]): readonly Workload[] {
  const namespaces = new Map<string, string[]>();
  for (const { namespace, uid } of pods)
    namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), uid]);
  return [...namespaces].map(([namespace, uids]) => ({
    kind: 'Pod',
    namespace,
    name: '',
    wanted: uids.length,
    pods: uids,
  }));
}

function podCount(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`;
}
