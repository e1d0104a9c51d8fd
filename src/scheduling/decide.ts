/**
 * /filter: match → count → choose → reserve, in one synchronous step. There is no `await` between reading the counts
 * and reserving, so two pods can never be given the same last place.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Choice } from '../placement/choose.ts';
import { chooseUnit } from '../placement/choose.ts';
import { choiceText, refusalText } from '../placement/explain.ts';
import { Sampler } from '../placement/sample.ts';
import type { Unit } from '../policy/resource-policy.ts';
import type { FilterOutcome } from '../telemetry/outcomes.ts';
import type { Matcher, Membership } from './matcher.ts';
import type { View } from './ports.ts';

export type Decision =
  /** The nodes kube-scheduler may use: those of one unit, which now holds a place for the pod. */
  | {
      readonly outcome: 'chosen';
      readonly nodeNames: readonly string[];
      /** Undefined: the pod was bound already when it was asked about. */
      readonly unit: Unit | undefined;
      /** Why this unit. */
      readonly text: string;
    }
  | { readonly outcome: 'not-ours' }
  /** Not decided; kube-scheduler should try again after its back-off. */
  | { readonly outcome: 'not-ready'; readonly text: string }
  | {
      readonly outcome: Exclude<FilterOutcome, 'chosen' | 'not-ours' | 'not-ready'>;
      /** For the user; constant per state of the policy. */
      readonly text: string;
    };

type Member = Extract<Membership, { kind: 'member' }>;

export class Decider {
  readonly #ledger: Ledger;
  readonly #matcher: Matcher;
  readonly #view: View;
  readonly #sampler = new Sampler();

  constructor(ledger: Ledger, matcher: Matcher, view: View) {
    this.#ledger = ledger;
    this.#matcher = matcher;
    this.#view = view;
  }

  /**
   * Decides about a pod and holds its place.
   *
   * @param candidates names of the nodes that kube-scheduler found feasible.
   */
  decide(pod: PodFacts, candidates: readonly string[]): Decision {
    const unready = this.#view.unready();
    if (unready !== undefined) return { outcome: 'not-ready', text: unready };
    const membership = this.#matcher.membershipOf(pod);
    if (membership.kind === 'none') return { outcome: 'not-ours' };
    const decision = this.#settled(pod, candidates) ?? this.#place(pod, membership, candidates);
    if (decision.outcome !== 'chosen') this.#ledger.noteRefused(pod.uid);
    return decision;
  }

  /** A pod that was decided upon already: kube-scheduler's view is behind, or a Binding's answer was lost. */
  #settled(pod: PodFacts, candidates: readonly string[]): Decision | undefined {
    if (this.#ledger.isRemoved(pod.uid)) return { outcome: 'already-decided', text: 'the pod was deleted' };
    const reservation = this.#ledger.reservation(pod.uid);
    const nodeName = this.#ledger.pod(pod.uid)?.nodeName ?? reservation?.nodeName;
    if (nodeName === undefined) return undefined;
    // The same node again: if the first Binding landed, the second one is a harmless repetition.
    const text = `the pod is being bound to ${nodeName}`;
    if (!candidates.includes(nodeName)) return { outcome: 'already-decided', text };
    return { outcome: 'chosen', nodeNames: [nodeName], unit: reservation?.unit, text };
  }

  #place(
    pod: PodFacts,
    membership: Exclude<Membership, { kind: 'none' }>,
    candidates: readonly string[],
  ): Decision {
    if (membership.kind === 'unplaceable') {
      this.#ledger.forget(pod.uid);
      return { outcome: membership.outcome, text: membership.text };
    }
    const choice = this.#choose(pod, membership, candidates);
    if (choice.kind === 'chosen') {
      this.#ledger.reserve({ pod, policy: membership.policy, group: membership.group, unit: choice.unit });
      const { unit, nodeNames, verdicts } = choice;
      return { outcome: 'chosen', nodeNames, unit, text: choiceText(verdicts) };
    }
    this.#ledger.forget(pod.uid);
    const isFull = choice.verdicts.every((verdict) => verdict.passedOver === 'at-max');
    return {
      outcome: isFull ? 'full' : 'lacks-resources',
      text: refusalText(membership.policy, choice.verdicts),
    };
  }

  #choose(pod: PodFacts, { policy, group }: Member, candidates: readonly string[]): Choice {
    return chooseUnit(policy.units, {
      taken: (unit) => this.#ledger.taken(policy, group, unit, pod.uid),
      candidates: (unit) => this.#sampler.sample(candidates, this.#ledger.nodesOf(policy, unit)),
    });
  }
}
