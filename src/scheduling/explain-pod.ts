/**
 * Why a pod is where it is, or nowhere. Pure: a report from a snapshot. Times are RFC 3339, amounts of resources in
 * millicores of cpu and whole units of everything else; a field that is absent has nothing to say.
 *
 * @module
 */
import type { LastWord } from '../facts/last-word.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import type { Choice, PassedOver, WaitCause } from '../placement/choose.ts';
import {
  causeText,
  choiceText,
  nameOf,
  refusalText,
  verdictText,
  waitingText,
} from '../placement/explain.ts';
import { matchPolicy } from '../policy/match.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import { unmetRequirements } from '../policy/requirements.ts';
import type { Placement } from './explain-placement.ts';
import { placementOf } from './explain-placement.ts';
import type { ObstacleCount } from './feasibility.ts';
import type { Member } from './matcher.ts';
import { memberOf } from './matcher.ts';
import type { Snapshot } from './snapshot.ts';

export interface PodReport {
  readonly kind: 'Pod';
  /** When the cluster was looked at. */
  readonly at: string;
  readonly namespace: string;
  readonly name: string;
  /** `ended`: Succeeded or Failed. */
  readonly state: 'waiting' | 'bound' | 'ended';
  readonly isTerminating: boolean;
  readonly createdAt: string;
  readonly schedulerName: string;
  readonly requests: Requests;
  readonly selection: Selection;
  /** Labels of matchLabelKeys with their values; every limit holds for the pods with the same. */
  readonly group?: Readonly<Record<string, string>>;
  /** Of its one policy, in order; empty without. */
  readonly units: readonly PodUnit[];
  /** What /filter would say now of a waiting pod with one policy. */
  readonly decision?: PodDecision;
  /** Of a waiting pod. */
  readonly waiting?: Waiting;
  /** Of a bound pod, or one that ended on a node. */
  readonly placement?: Placement;
}

export interface Selection {
  /** `member`: one policy selects the pod, and limits can be kept for it. */
  readonly outcome: 'member' | 'none' | 'conflict' | 'missing-label' | 'invalid-policy';
  /** Names of the policies that select it. */
  readonly policies: readonly string[];
  readonly text: string;
  /** With outcome `none`: the policies of the namespace, each with the requirements that the pod does not meet. */
  readonly others: readonly { readonly policy: string; readonly unmet: readonly string[] }[];
}

export interface PodUnit {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** Pods of the group that count in it, this one included if it does. */
  readonly pods: number;
  readonly max?: number;
  readonly maxResources: readonly LimitReport[];
  readonly nodes: number;
  /** The rest only for a waiting pod. */
  readonly feasibleNodes?: number;
  /** What keeps the pod off the other nodes. Looked at: cordons, taints, nodeSelector and node affinity, room. */
  readonly obstacles?: readonly ObstacleCount[];
  readonly verdict?: PassedOver | 'chosen' | 'waiting' | 'not-tried';
  readonly text?: string;
}

/** One resource of maxResources. */
export interface LimitReport {
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
}

export interface PodDecision {
  readonly outcome: Choice['kind'];
  /** Name of the unit that was chosen, or that the pod stays in. */
  readonly unit?: string;
  /** What it waits for in that unit. */
  readonly cause?: WaitCause;
  readonly text: string;
}

export interface Waiting {
  /** kube-scheduler's last word; absent: it has not tried the pod yet. */
  readonly message?: string;
  readonly since?: string;
  /** Scheduling gates: kube-scheduler does not try a pod that has any. */
  readonly gates: readonly string[];
  /** It is in the waiting room, behind so many pods of its group. */
  readonly waitingRoom?: { readonly before: number };
  /** Name of the unit that was certain when it was created: it is tied to nodes of that unit, and goes to no other. */
  readonly pinnedTo?: string;
  /** Victims of a preemption are leaving this node for the pod. */
  readonly nominatedNode?: string;
  /** Waits for resources that end by themselves. */
  readonly timed: readonly TimedWait[];
  /** What else kube-scheduler looks at for this pod, so that fewer nodes than said may be feasible. */
  readonly unchecked: readonly string[];
}

export interface TimedWait {
  readonly unit: string;
  readonly since: string;
  /** Then the pod goes on to the next unit. */
  readonly until: string;
}

/** The pod as it was listed. */
export interface SeenPod {
  readonly facts: PodFacts;
  readonly constraints: PodConstraints;
  readonly lastWord: LastWord | undefined;
}

/** What an explanation looks at: a {@link Snapshot}, or a running extender's own counts. */
export type Sight = Pick<Snapshot, 'ledger' | 'matcher' | 'nowMs' | 'choose' | 'feasibility'>;

export function explainPod(snapshot: Sight, { facts: pod, constraints, lastWord }: SeenPod): PodReport {
  const member = memberOf(snapshot.matcher.membershipOf(pod));
  const isWaiting = pod.nodeName === undefined && !pod.finished;
  const choice = isWaiting && member !== undefined ? snapshot.choose(pod, member) : undefined;
  const placement = placementOf(snapshot, pod);
  return {
    kind: 'Pod',
    at: timeText(snapshot.nowMs),
    namespace: pod.namespace,
    name: pod.name,
    state: pod.finished ? 'ended' : isWaiting ? 'waiting' : 'bound',
    isTerminating: pod.terminating,
    createdAt: timeText(pod.createdMs),
    schedulerName: constraints.schedulerName,
    requests: pod.requests,
    selection: selectionOf(snapshot, pod),
    ...(member === undefined || member.policy.matchLabelKeys.length === 0
      ? {}
      : { group: groupLabels(pod, member.policy) }),
    units:
      member === undefined
        ? []
        : member.policy.units.map((unit) => unitOf(snapshot, pod, { member, unit, choice })),
    ...(member === undefined || choice === undefined ? {} : { decision: decisionOf(member.policy, choice) }),
    ...(isWaiting ? { waiting: waitingOf(snapshot, pod, member, { constraints, lastWord }) } : {}),
    ...(placement === undefined ? {} : { placement }),
  };
}

function selectionOf({ ledger, matcher }: Pick<Sight, 'ledger' | 'matcher'>, pod: PodFacts): Selection {
  const membership = matcher.membershipOf(pod);
  const policies = ledger.policiesOf(pod.namespace);
  const match = matchPolicy(policies, pod.labels);
  switch (membership.kind) {
    case 'none':
      return {
        outcome: 'none',
        policies: [],
        text: 'no ResourcePolicy selects this pod: kube-scheduler is free to choose its node',
        others: policies
          .map((policy) => ({ policy: policy.name, unmet: unmetRequirements(policy, pod.labels) }))
          .toSorted((a, b) => (a.policy < b.policy ? -1 : 1)),
      };
    case 'member':
      return {
        outcome: 'member',
        policies: [membership.policy.name],
        text: `ResourcePolicy ${membership.policy.name} selects this pod`,
        others: [],
      };
    case 'unplaceable':
      return {
        outcome: membership.outcome,
        policies:
          match.kind === 'conflict'
            ? match.policies.map(({ name }) => name)
            : match.kind === 'one'
              ? [match.policy.name]
              : [],
        text: membership.text,
        others: [],
      };
  }
}

function groupLabels(pod: PodFacts, { matchLabelKeys }: ResourcePolicy): Readonly<Record<string, string>> {
  return Object.fromEntries(matchLabelKeys.map((key) => [key, pod.labels[key] ?? '']));
}

function unitOf(
  snapshot: Sight,
  pod: PodFacts,
  { member, unit, choice }: { member: Member; unit: Unit; choice: Choice | undefined },
): PodUnit {
  const { policy, group } = member;
  const { ledger } = snapshot;
  const usage = ledger.usage(policy, group, unit, '');
  return {
    number: unit.index + 1,
    name: unit.name,
    pods: usage.pods,
    ...(unit.max === undefined ? {} : { max: unit.max }),
    maxResources: unit.maxResources.map(({ resource, amount }, index) => ({
      resource,
      used: usage.amounts[index] ?? 0,
      limit: amount,
    })),
    nodes: ledger.nodesOf(policy, unit).size,
    ...(choice === undefined ? {} : tried(snapshot, pod, { policy, unit, choice })),
  };
}

type Tried = Required<Pick<PodUnit, 'feasibleNodes' | 'obstacles' | 'verdict' | 'text'>>;

function tried(
  snapshot: Sight,
  pod: PodFacts,
  { policy, unit, choice }: { policy: ResourcePolicy; unit: Unit; choice: Choice },
): Tried {
  const { nodeNames, obstacles } = snapshot.feasibility(pod, policy, unit);
  return { feasibleNodes: nodeNames.length, obstacles, ...verdictOn(policy, unit, choice) };
}

function verdictOn(policy: ResourcePolicy, unit: Unit, choice: Choice): Pick<Tried, 'verdict' | 'text'> {
  const verdict = choice.verdicts.find((each) => each.unit === unit);
  if (verdict !== undefined) return { verdict: verdict.passedOver, text: verdictText(policy, verdict) };
  if (choice.kind === 'refused' || choice.unit !== unit) {
    return { verdict: 'not-tried', text: choice.kind === 'chosen' ? 'is not needed' : 'is not tried yet' };
  }
  return choice.kind === 'chosen'
    ? { verdict: 'chosen', text: 'has room for it' }
    : { verdict: 'waiting', text: causeText(policy, choice.cause) };
}

function decisionOf(policy: ResourcePolicy, choice: Choice): PodDecision {
  switch (choice.kind) {
    case 'chosen':
      return {
        outcome: 'chosen',
        unit: choice.unit.name,
        text: `${nameOf(choice.unit)} has room for it (${choiceText(policy, choice.verdicts)}): kube-scheduler may place it at its next try`,
      };
    case 'waiting':
      return {
        outcome: 'waiting',
        unit: choice.unit.name,
        cause: choice.cause,
        text: waitingText(policy, choice.verdicts, choice),
      };
    case 'refused':
      return { outcome: 'refused', text: refusalText(policy, choice.verdicts) };
  }
}

function waitingOf(
  { ledger }: Pick<Sight, 'ledger'>,
  pod: PodFacts,
  member: Member | undefined,
  { constraints, lastWord }: Pick<SeenPod, 'constraints' | 'lastWord'>,
): Waiting {
  const line =
    pod.isInWaitingRoom && member !== undefined
      ? ledger.held({ policyKey: policyKey(member.policy), group: member.group })
      : [];
  const before = line.findIndex(({ uid }) => uid === pod.uid);
  return {
    ...(lastWord === undefined ? {} : { message: lastWord.message }),
    ...(lastWord?.sinceMs === undefined ? {} : { since: timeText(lastWord.sinceMs) }),
    gates: constraints.gates,
    ...(before === -1 ? {} : { waitingRoom: { before } }),
    ...(pod.pinnedUnit === undefined ? {} : { pinnedTo: pod.pinnedUnit }),
    ...(pod.nominatedNode === undefined ? {} : { nominatedNode: pod.nominatedNode }),
    timed: member === undefined ? [] : timedWaits(pod, member.policy),
    unchecked: constraints.others,
  };
}

function timedWaits(
  { waitingSince = {} }: PodFacts,
  { units, timeout }: ResourcePolicy,
): readonly TimedWait[] {
  return units.flatMap(({ name }) => {
    const sinceMs = waitingSince[name];
    if (sinceMs === undefined) return [];
    return [{ unit: name, since: timeText(sinceMs), until: timeText(sinceMs + timeout.ms) }];
  });
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
