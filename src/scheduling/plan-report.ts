/**
 * What a plan says to its reader. Pure: from the fates of the pods to a report; a field that is absent has nothing to say.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import { scaleInOrder } from '../placement/scale-in-order.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { placementOf } from './explain-placement.ts';
import type { Plan, PlanInput } from './plan.ts';
import type { CostReport, PricedPod } from './plan-cost.ts';
import { costReport } from './plan-cost.ts';
import type { PriceList } from '../placement/price.ts';

/** Pods that belong together. */
export interface Workload {
  /** As Kubernetes calls it; `Pod`: pods without a controller. */
  readonly kind: string;
  readonly namespace: string;
  /** Empty for pods without a controller. */
  readonly name: string;
  /** Pods that it is to have. */
  readonly wanted: number;
  /** UIDs of those that it has and those that are to be placed, in the order of their creation. */
  readonly pods: readonly string[];
}

export interface ReportInput {
  readonly input: PlanInput;
  readonly plan: Plan;
  readonly workloads: readonly Workload[];
  readonly prices: PriceList | undefined;
  /** How long a job runs, in milliseconds; undefined: not known. */
  readonly durationMs: number | undefined;
  /** What was taken for granted, known before. */
  readonly notes: readonly string[];
}

export interface PlanReport {
  readonly kind: 'Plan';
  /** Pods of all workloads, by state. */
  readonly totals: Readonly<Record<PodState, number>>;
  readonly workloads: readonly WorkloadReport[];
  /** The policies that select some of the pods. */
  readonly policies: readonly PolicyUse[];
  /** Absent: no prices were given. */
  readonly cost?: CostReport;
  readonly notes: readonly string[];
}

/** `bound`: it had a node before; `later`: placed once a wait in a unit has ended. */
export type PodState = 'bound' | 'placed' | 'later' | 'pending';

export interface WorkloadReport {
  readonly kind: string;
  readonly namespace: string;
  /** Empty for pods without a controller. */
  readonly name: string;
  readonly wanted: number;
  readonly pods: readonly PodPlan[];
  readonly scaleIn: ScaleIn;
}

export interface PodPlan {
  readonly name: string;
  readonly state: PodState;
  readonly policy?: string;
  readonly unit?: { readonly number: number; readonly name: string };
  /** Only likely for one that is placed: kube-scheduler chooses among the nodes of the unit. */
  readonly node?: string;
  /** Of one that is placed: why this unit. Of one that is pending: what its FailedScheduling event says. */
  readonly why?: string;
  /** How long it waits before it is placed. */
  readonly afterSeconds?: number;
  /** What its event says while it waits in a unit for a time. */
  readonly waitsFor?: string;
}

/** Who leaves first. */
export interface ScaleIn {
  /** Whether the controller goes by the pods' deletion costs, and so backward through the units. */
  readonly followsUnits: boolean;
  readonly text: string;
  /** Names of the pods, those that leave first in front; empty unless it follows the units. */
  readonly order: readonly string[];
}

export interface PolicyUse {
  readonly namespace: string;
  readonly name: string;
  /** Every max holds for the pods that have the same values of these labels. */
  readonly matchLabelKeys: readonly string[];
  readonly units: readonly UnitUse[];
}

export interface UnitUse {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** Pods of the workloads in it. */
  readonly pods: number;
  /** Others of the cluster in it, of all groups; absent: none are in any unit of the policy. */
  readonly others?: number;
  readonly max?: number;
  readonly nodes: number;
}

export function planReport(parts: ReportInput): PlanReport {
  const { input, plan, workloads, prices, durationMs, notes } = parts;
  const reports = workloads.map((workload) => workloadReport(workload, plan));
  const pods = reports.flatMap((workload) => workload.pods);
  const count = (state: PodState): number => pods.filter((pod) => pod.state === state).length;
  const uids = workloads.flatMap((workload) => workload.pods);
  const facts = uids.flatMap((uid) => plan.ledger.pod(uid) ?? []);
  return {
    kind: 'Plan',
    totals: {
      bound: count('bound'),
      placed: count('placed'),
      later: count('later'),
      pending: count('pending'),
    },
    workloads: reports,
    policies: input.policies
      .filter((policy) => facts.some((pod) => isSelected(policy, pod)))
      .map((policy) => policyUse(policy, { plan, reports, others: othersThere(parts) })),
    ...(prices === undefined
      ? {}
      : {
          cost: costReport({
            prices,
            durationMs,
            pods: facts.flatMap((pod) => pricedPod(pod, plan)),
            nodes: new Map(input.nodes.map((node) => [node.name, node])),
            virtualNodes: input.virtualNodes,
          }),
        }),
    notes: [...notes, ...preemptionNote(plan, uids)],
  };
}

function workloadReport({ kind, namespace, name, wanted, pods: uids }: Workload, plan: Plan): WorkloadReport {
  const facts = uids.flatMap((uid) => plan.ledger.pod(uid) ?? []);
  return {
    kind,
    namespace,
    name,
    wanted,
    pods: facts.map((pod) => podPlan(pod, plan)),
    scaleIn: scaleIn(kind, facts),
  };
}

function podPlan(pod: PodFacts, { fates, ledger }: Plan): PodPlan {
  const fate = fates.get(pod.uid);
  if (fate === undefined) return boundPod(pod, { ledger });
  const waits = fate.waited === undefined ? {} : { waitsFor: fate.waited.message };
  if (fate.state === 'pending') return { name: pod.name, state: 'pending', why: fate.message, ...waits };
  const { policy, unit, nodeName, text, afterMs } = fate;
  return {
    name: pod.name,
    state: afterMs > 0 ? 'later' : 'placed',
    ...(policy === undefined ? {} : { policy }),
    ...(unit === undefined ? {} : { unit: { number: unit.index + 1, name: unit.name } }),
    node: nodeName,
    ...(text === '' ? {} : { why: text }),
    ...(afterMs > 0 ? { afterSeconds: afterMs / 1_000 } : {}),
    ...waits,
  };
}

function boundPod(pod: PodFacts, counted: Pick<Plan, 'ledger'>): PodPlan {
  const place = placementOf(counted, pod)?.counts[0];
  const policy = counted.ledger.policiesOf(pod.namespace).find(({ name }) => name === place?.policy);
  const unit = policy?.units.find(({ name }) => name === place?.unit);
  return {
    name: pod.name,
    state: 'bound',
    ...(place === undefined ? {} : { policy: place.policy }),
    ...(unit === undefined ? {} : { unit: { number: unit.index + 1, name: unit.name } }),
    ...(pod.nodeName === undefined ? {} : { node: pod.nodeName }),
  };
}

/** A pod of the cluster that belongs to no workload of the plan. */
type OtherPod = PodPlan & { readonly namespace: string };

/** What they count as. */
function othersThere({ input, plan, workloads }: ReportInput): readonly OtherPod[] {
  const own = new Set(workloads.flatMap((workload) => workload.pods));
  return input.bound
    .filter(({ uid }) => !own.has(uid))
    .map((pod) => ({ ...boundPod(pod, plan), namespace: pod.namespace }));
}

function policyUse(
  policy: ResourcePolicy,
  {
    plan: { ledger },
    reports,
    others,
  }: {
    plan: Plan;
    reports: readonly WorkloadReport[];
    others: readonly OtherPod[];
  },
): PolicyUse {
  const { namespace, name, matchLabelKeys, units } = policy;
  const there = others.filter((pod) => pod.namespace === namespace && pod.policy === name);
  const pods = reports
    .filter((workload) => workload.namespace === namespace)
    .flatMap((workload) => workload.pods)
    .filter((pod) => pod.policy === name);
  return {
    namespace,
    name,
    matchLabelKeys,
    units: units.map((unit) => ({
      number: unit.index + 1,
      name: unit.name,
      pods: countIn(unit, pods),
      ...(there.length === 0 ? {} : { others: countIn(unit, there) }),
      ...(unit.max === undefined ? {} : { max: unit.max }),
      nodes: ledger.nodesOf(policy, unit).size,
    })),
  };
}

function countIn({ index }: Unit, pods: readonly PodPlan[]): number {
  return pods.filter((pod) => pod.unit?.number === index + 1).length;
}

function isSelected(policy: ResourcePolicy, pod: PodFacts): boolean {
  return policy.namespace === pod.namespace && selects(policy, pod.labels);
}

function pricedPod(pod: PodFacts, { fates }: Plan): readonly PricedPod[] {
  if (pod.nodeName === undefined) return [];
  const fate = fates.get(pod.uid);
  return [{ pod, nodeName: pod.nodeName, afterMs: fate?.state === 'placed' ? fate.afterMs : 0 }];
}

/** What controllers go by: docs/scale-in.md. */
function scaleIn(kind: string, pods: readonly PodFacts[]): ScaleIn {
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
      return {
        followsUnits: true,
        text: 'by deletion cost: waiting pods, then the last unit, and the first unit at last',
        order: scaleInOrder(pods).map(({ name }) => name),
      };
    case 'StatefulSet':
      return notFollowed('a StatefulSet removes the highest ordinal first, whatever the unit');
    case 'Job':
      return notFollowed(
        'a Job does not follow the deletion cost: it removes waiting pods, then the newest, which usually are in the last unit',
      );
    case 'SparkApplication':
      return notFollowed(
        'Spark does not follow the deletion cost: the driver ends idle executors of its own choice, whatever the unit',
      );
    default:
      return notFollowed('nobody scales in pods that have no controller');
  }
}

function notFollowed(text: string): ScaleIn {
  return { followsUnits: false, text, order: [] };
}

function preemptionNote({ fates }: Plan, uids: readonly string[]): readonly string[] {
  const pods = uids.filter((uid) => {
    const fate = fates.get(uid);
    return fate?.state === 'pending' && fate.mayPreempt;
  }).length;
  if (pods === 0) return [];
  const which = pods === 1 ? 'the pending pod has' : `${pods} of the pending pods have`;
  return [
    `${which} a higher priority than pods that are placed: preemption may make room, and is not planned`,
  ];
}
