/**
 * What a policy does now. Pure: a report from a snapshot. Times are RFC 3339, amounts of resources in millicores of cpu
 * and whole units of everything else; a field that is absent has nothing to say.
 *
 * @module
 */
import type { Finding } from '../placement/finding.ts';
import { lintPolicy } from '../placement/lint.ts';
import type { Condition } from '../policy/condition.ts';
import { requirementsOf } from '../policy/requirements.ts';
import type { PreemptPolicy, ResourcePolicy, TryNext } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { LimitReport } from './explain-pod.ts';
import { timeText } from './explain-pod.ts';
import type { Snapshot } from './snapshot.ts';

/** Most groups in a report; the largest are in it. */
const MOST_GROUPS = 20;

export interface PolicyReport {
  readonly kind: 'ResourcePolicy';
  /** When the cluster was looked at. */
  readonly at: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly createdAt: string;
  /** Which pods of the namespace, as kubectl writes label selectors, all of them; empty: every pod. */
  readonly selects: readonly string[];
  readonly tryNext: TryNext;
  /** Longest wait of a pod in a unit where it waits for resources, as the user wrote it. */
  readonly timeout: string;
  readonly preemptPolicy: PreemptPolicy;
  readonly matchLabelKeys: readonly string[];
  /** What makes the policy unusable; empty: it is in use. */
  readonly problems: readonly string[];
  /** In order. */
  readonly units: readonly UnitReport[];
  /** Selected pods that are not placed. */
  readonly waiting: number;
  /** Those of them that other policies select too, and their names. */
  readonly conflicting: { readonly pods: number; readonly policies: readonly string[] };
  /** Those of them that lack a label of matchLabelKeys. */
  readonly ungrouped: number;
  /** Bound pods whose deletion cost is somebody else's and differs from their unit's. */
  readonly overriddenCosts: number;
  /** Groups with a pod. */
  readonly groupCount: number;
  /** The largest, at most 20. */
  readonly groups: readonly GroupReport[];
  readonly findings: readonly Finding[];
  /** As they stand in its status. */
  readonly conditions: readonly Condition[];
}

export interface UnitReport {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** Bound pods that count, of all groups. */
  readonly pods: number;
  /** For each group. */
  readonly max?: number;
  /** Limits for each group; used is the sum over all of them. */
  readonly maxResources: readonly LimitReport[];
  /** Pods that wait in this unit, whatever later ones have. */
  readonly waiting: number;
  readonly nodes: number;
}

export interface GroupReport {
  /** Labels of matchLabelKeys with their values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Pods by unit, in order. */
  readonly pods: readonly number[];
  readonly waiting: number;
}

/** Undefined when there is no such policy. */
export function explainPolicy(snapshot: Snapshot, policy: ResourcePolicy): PolicyReport | undefined {
  const { ledger, nodes, virtualNodes } = snapshot;
  tryWaiting(snapshot, policy);
  const figures = ledger.figures(policyKey(policy), MOST_GROUPS);
  if (figures === undefined) return undefined;
  return {
    kind: 'ResourcePolicy',
    at: timeText(snapshot.nowMs),
    namespace: policy.namespace,
    name: policy.name,
    generation: policy.generation,
    createdAt: timeText(policy.createdMs),
    selects: requirementsOf(policy),
    tryNext: policy.tryNext,
    timeout: policy.timeout.text,
    preemptPolicy: policy.preemptPolicy,
    matchLabelKeys: policy.matchLabelKeys,
    problems: policy.problems,
    units: policy.units.map(({ index, name, max, maxResources }) => {
      const { bound = 0, waiting = 0, nodes: nodeCount = 0 } = figures.units[index] ?? {};
      return {
        number: index + 1,
        name,
        pods: bound,
        ...(max === undefined ? {} : { max }),
        maxResources: maxResources.map(({ resource, amount }, limit) => ({
          resource,
          used: usedOf(snapshot, policy, index, limit),
          limit: amount,
        })),
        waiting,
        nodes: nodeCount,
      };
    }),
    waiting: figures.waiting,
    conflicting: { pods: figures.conflicting, policies: figures.conflictsWith },
    ungrouped: policy.problems.length > 0 ? 0 : figures.ungrouped,
    overriddenCosts: figures.overriddenCosts,
    groupCount: figures.groupCount,
    groups: figures.groups.map(({ key, taken, waiting }) => ({
      labels: groupLabels(policy, key),
      pods: taken,
      waiting,
    })),
    findings: lintPolicy(policy, { nodes, virtualNodes }),
    conditions: policy.conditions,
  };
}

/** Lets the ledger know in which unit each waiting pod stays, as a running extender does with every /filter. */
function tryWaiting(snapshot: Snapshot, policy: ResourcePolicy): void {
  const { ledger } = snapshot;
  const key = policyKey(policy);
  const groups = [...ledger.groups()].filter((group) => policyKey(group.policy) === key);
  for (const { key: group } of groups) {
    for (const { pod } of ledger.waiting({ policyKey: key, group })) {
      const choice = snapshot.choose(pod, { kind: 'member', policy, group });
      ledger.noteRefused(pod.uid, choice.kind === 'waiting' ? choice.unit : undefined);
    }
  }
}

function usedOf({ ledger }: Snapshot, policy: ResourcePolicy, unit: number, limit: number): number {
  const key = policyKey(policy);
  return [...ledger.groups()]
    .filter((group) => policyKey(group.policy) === key)
    .reduce((sum, group) => sum + (group.usage(unit).amounts[limit] ?? 0), 0);
}

function groupLabels({ matchLabelKeys }: ResourcePolicy, key: string): Readonly<Record<string, string>> {
  const values = key.split(',');
  return Object.fromEntries(matchLabelKeys.map((label, index) => [label, values[index] ?? '']));
}
