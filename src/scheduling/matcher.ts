/**
 * Which policy and group a pod belongs to, remembered per version of the pod: waiting pods come back many times.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { conflictText, invalidPolicyText, missingLabelText } from '../placement/explain.ts';
import type { GroupKey } from '../policy/group.ts';
import { groupOf } from '../policy/group.ts';
import { matchPolicy } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';

export type Membership =
  | { readonly kind: 'none' }
  | { readonly kind: 'member'; readonly policy: ResourcePolicy; readonly group: GroupKey }
  /** Selected, but no limit can be kept for the pod; the text says why and what to do. */
  | {
      readonly kind: 'unplaceable';
      readonly outcome: 'conflict' | 'missing-label' | 'invalid-policy';
      readonly text: string;
      /** Absent: there are several. */
      readonly policy?: ResourcePolicy;
    };

export type Member = Extract<Membership, { kind: 'member' }>;

const NONE: Membership = { kind: 'none' };
const REMEMBERED_PODS = 50_000;

export class Matcher {
  readonly #ledger: Ledger;
  readonly #memberships = new LRUCache<string, Membership>({ max: REMEMBERED_PODS });
  #epoch = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  membershipOf(pod: PodFacts): Membership {
    if (!this.#ledger.hasPolicies(pod.namespace)) return NONE;
    if (this.#epoch !== this.#ledger.policyEpoch) {
      this.#memberships.clear();
      this.#epoch = this.#ledger.policyEpoch;
    }
    // Without a version nothing says when the labels change, so nothing is remembered.
    if (pod.resourceVersion === '') return this.find(pod);
    const key = `${pod.uid}/${pod.resourceVersion}`;
    let membership = this.#memberships.get(key);
    if (membership === undefined) {
      membership = this.find(pod);
      this.#memberships.set(key, membership);
    }
    return membership;
  }

  /** The same for a pod that has no version yet; nothing is remembered. */
  find(pod: Pick<PodFacts, 'namespace' | 'labels'>): Membership {
    const match = matchPolicy(this.#ledger.policiesOf(pod.namespace), pod.labels);
    if (match.kind === 'none') return NONE;
    if (match.kind === 'conflict') {
      return { kind: 'unplaceable', outcome: 'conflict', text: conflictText(match.policies) };
    }
    const { policy } = match;
    if (policy.problems.length > 0) {
      return { kind: 'unplaceable', outcome: 'invalid-policy', policy, text: invalidPolicyText(policy) };
    }
    const grouping = groupOf(policy, pod.labels);
    if (grouping.kind === 'missing-label') {
      const text = missingLabelText(policy, grouping.label);
      return { kind: 'unplaceable', outcome: 'missing-label', policy, text };
    }
    return { kind: 'member', policy, group: grouping.group };
  }
}

export function memberOf(membership: Membership): Member | undefined {
  return membership.kind === 'member' ? membership : undefined;
}
