/**
 * One policy with everything that counts under it. Mutated by the ledger alone.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Requests } from '../facts/requests.ts';
import { bearsMarks } from '../placement/marks.ts';
import { isCostOverridden } from '../placement/scale-in.ts';
import type { GroupKey } from '../policy/group.ts';
import { groupOf } from '../policy/group.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { GroupCounts } from './group-counts.ts';
import type { NodeSet } from './node-sets.ts';

/** What one pod adds to one policy. */
export type Share =
  | WaitingShare
  /** It waits, but no place can be kept for it: several policies select it, it belongs to no group, or the policy is invalid. */
  | { readonly kind: 'conflicting' | 'ungrouped'; readonly state: PolicyState }
  | BoundShare;

/** It waits for a place in the group: in kube-scheduler's queue, in the waiting room, or behind gates of others. */
export interface WaitingShare {
  readonly kind: 'waiting';
  readonly state: PolicyState;
  readonly group: GroupCounts;
  readonly line: 'pending' | 'held' | 'outside';
}

export interface BoundShare {
  readonly kind: 'bound';
  readonly state: PolicyState;
  /** Index of the unit whose node the pod is on; undefined: in none. */
  readonly unit: number | undefined;
  /** Group whose counts it adds to; undefined: it does not count. */
  readonly group: GroupCounts | undefined;
  readonly requests: Requests;
  readonly isTerminating: boolean;
  readonly hasOverriddenCost: boolean;
}

export class PolicyState {
  readonly policy: ResourcePolicy;
  readonly nodeSets: readonly NodeSet[];
  readonly groups = new Map<GroupKey, GroupCounts>();
  /** UIDs of waiting pods that other policies select too. */
  readonly conflicting = new Set<string>();
  /** UIDs of waiting pods that belong to no group, or whose policy is invalid. */
  readonly ungrouped = new Set<string>();
  /** UIDs of bound pods whose deletion cost is somebody else's. */
  readonly overridden = new Set<string>();
  /** Terminating pods on the unit's nodes, by unit. */
  readonly terminating: number[];

  constructor(policy: ResourcePolicy, nodeSets: readonly NodeSet[]) {
    this.policy = policy;
    this.nodeSets = nodeSets;
    this.terminating = policy.units.map(() => 0);
  }

  group(key: GroupKey): GroupCounts {
    let group = this.groups.get(key);
    if (group === undefined) {
      group = new GroupCounts(this.policy, key);
      this.groups.set(key, group);
    }
    return group;
  }

  /** Forgets what pods added; reservations are the caller's. */
  clear(): void {
    this.groups.clear();
    this.conflicting.clear();
    this.ungrouped.clear();
    this.overridden.clear();
    this.terminating.fill(0);
  }

  /** Whether the node belongs to the unit now. */
  holds(unitIndex: number, nodeName: string | undefined): boolean {
    return nodeName !== undefined && this.nodeSets[unitIndex]?.names.has(nodeName) === true;
  }

  /** Share of a waiting pod that this policy alone selects. */
  shareOfWaiting(pod: PodFacts): Share {
    const grouping = groupOf(this.policy, pod.labels);
    if (grouping.kind !== 'group' || this.policy.problems.length > 0)
      return { kind: 'ungrouped', state: this };
    const line = pod.isInWaitingRoom ? 'held' : pod.isGated ? 'outside' : 'pending';
    return { kind: 'waiting', state: this, group: this.group(grouping.group), line };
  }

  /** @param isNodeKnown whether the node exists; if not, the record on the pod alone tells its unit. */
  shareOfBound(pod: PodFacts, nodeName: string, isNodeKnown: boolean): BoundShare {
    const recorded = this.#recordedUnit(pod);
    const isRecordValid = recorded !== undefined && (!isNodeKnown || this.holds(recorded, nodeName));
    const unit = isRecordValid ? recorded : this.#unitByNode(pod, nodeName);
    const grouping = groupOf(this.policy, pod.labels);
    const facts = unit === undefined ? undefined : this.policy.units[unit];
    const counts =
      facts !== undefined &&
      grouping.kind === 'group' &&
      !isIgnored(pod, this.policy) &&
      // A pod that was given a place here holds it, whatever becomes of its labels.
      (isRecordValid || bearsMarks(pod, facts));
    return {
      kind: 'bound',
      state: this,
      unit,
      group: counts ? this.group(grouping.group) : undefined,
      requests: pod.requests,
      isTerminating: pod.terminating,
      hasOverriddenCost: facts !== undefined && isCostOverridden(pod, facts),
    };
  }

  /** Of several units that hold the node, the first whose labels and annotations the pod bears, else the first. */
  #unitByNode(pod: PodFacts, nodeName: string): number | undefined {
    const holding = this.policy.units.filter(({ index }) => this.holds(index, nodeName));
    return (holding.find((unit) => bearsMarks(pod, unit)) ?? holding[0])?.index;
  }

  #recordedUnit(pod: PodFacts): number | undefined {
    if (pod.recordedPolicy !== this.policy.name) return undefined;
    return this.policy.units.find(({ name }) => name === pod.recordedUnit)?.index;
  }
}

/** Adds the share to its policy's figures (1), or takes it away (-1). */
export function applyShare(share: Share, uid: string, difference: 1 | -1): void {
  const { state } = share;
  switch (share.kind) {
    case 'waiting':
      put(share.group[share.line], uid, difference);
      share.group.refused.delete(uid);
      return;
    case 'conflicting':
      put(state.conflicting, uid, difference);
      return;
    case 'ungrouped':
      put(state.ungrouped, uid, difference);
      return;
    case 'bound':
      if (share.hasOverriddenCost) put(state.overridden, uid, difference);
      if (share.unit === undefined) return;
      if (share.isTerminating)
        state.terminating[share.unit] = (state.terminating[share.unit] ?? 0) + difference;
      share.group?.count('bound', share.unit, share.requests, difference);
  }
}

/** ACK: terminating pods, and pods scheduled before the policy was created, do not count when the policy says so. */
function isIgnored(pod: PodFacts, policy: ResourcePolicy): boolean {
  if (pod.terminating && policy.ignoreTerminatingPod) return true;
  return policy.ignorePreviousPod && pod.scheduledMs !== undefined && pod.scheduledMs < policy.createdMs;
}

function put(uids: Set<string>, uid: string, difference: 1 | -1): void {
  if (difference === 1) uids.add(uid);
  else uids.delete(uid);
}
