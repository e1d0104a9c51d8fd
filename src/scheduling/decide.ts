/**
 * /filter: match → count → choose → reserve, in one synchronous step. There is no `await` between reading the counts
 * and reserving, so two pods can never be given the same last place.
 *
 * @module
 */
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Choice } from '../placement/choose.ts';
import { choiceText, refusalText, waitingText } from '../placement/explain.ts';
import { Sampler } from '../placement/sample.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import type { FilterOutcome } from '../telemetry/outcomes.ts';
import type { Chooser } from './chooser.ts';
import type { Matcher, Member, Membership } from './matcher.ts';
import type { OfferCheck } from './offer-check.ts';
import type { View } from './ports.ts';
import type { Scout } from './scout.ts';

/**
 * A refusal gives its reason for at most this many nodes. kube-scheduler counts nodes by reason in its event, and one
 * node is enough for the reason to show; a reason for each of 5,000 nodes would make every refusal half a megabyte.
 */
export const EXPLAINED_NODES = 100;

export type Decision = Ruling & {
  /** Whose rules it follows from; absent: no policy's, or several policies select the pod. */
  readonly policy?: ResourcePolicy;
};

type Ruling =
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
  /** The pod stays with this unit for the time being, whatever later units have. */
  | { readonly outcome: 'waiting'; readonly unit: Unit; readonly text: string }
  /** Not decided; kube-scheduler should try again after its back-off. */
  | { readonly outcome: 'not-ready'; readonly text: string }
  | {
      readonly outcome: Exclude<FilterOutcome, 'chosen' | 'not-ours' | 'waiting' | 'not-ready'>;
      /** For the user; constant per state of the policy. */
      readonly text: string;
    };

export interface DeciderParts {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  readonly view: View;
  readonly chooser: Chooser;
  readonly scout: Pick<Scout, 'seeks' | 'done' | 'rests'>;
  readonly offers: Pick<OfferCheck, 'saw'>;
}

/** What kube-scheduler asks: which of these nodes may the pod use? */
export interface Question {
  readonly pod: PodFacts;
  /** Names of the nodes that it found feasible. */
  readonly candidates: readonly string[];
  /** What the pod asks of its node. */
  readonly constraints: () => PodConstraints;
}

export class Decider {
  readonly #ledger: Ledger;
  readonly #matcher: Matcher;
  readonly #view: View;
  readonly #chooser: Chooser;
  readonly #scout: DeciderParts['scout'];
  readonly #offers: DeciderParts['offers'];
  readonly #sampler = new Sampler();

  constructor({ ledger, matcher, view, chooser, scout, offers }: DeciderParts) {
    this.#ledger = ledger;
    this.#matcher = matcher;
    this.#view = view;
    this.#chooser = chooser;
    this.#scout = scout;
    this.#offers = offers;
  }

  /** Decides about a pod and holds its place. */
  decide(question: Question): Decision {
    const { pod, candidates } = question;
    const unready = this.#view.unready();
    if (unready !== undefined) return { outcome: 'not-ready', text: unready };
    const membership = this.#matcher.membershipOf(pod);
    this.#offers.saw(candidates.length, this.#ledger.nodeCount);
    if (membership.kind === 'none') {
      this.#scout.done(pod.uid);
      return { outcome: 'not-ours' };
    }
    const decision = this.#settled(pod, candidates) ?? this.#place(question, membership);
    if (decision.outcome !== 'chosen') {
      this.#ledger.noteRefused(pod.uid, decision.outcome === 'waiting' ? decision.unit : undefined);
    }
    return decision;
  }

  /** A pod that was decided upon already: kube-scheduler's view is behind, or a Binding's answer was lost. */
  #settled(pod: PodFacts, candidates: readonly string[]): Decision | undefined {
    if (this.#ledger.isOver(pod.uid)) return { outcome: 'already-decided', text: 'the pod was deleted' };
    const reservation = this.#ledger.reservation(pod.uid);
    const nodeName = this.#ledger.pod(pod.uid)?.nodeName ?? reservation?.nodeName;
    if (nodeName === undefined) return undefined;
    // The same node again: if the first Binding landed, the second one is a harmless repetition.
    const text = `the pod is being bound to ${nodeName}`;
    if (!candidates.includes(nodeName)) return { outcome: 'already-decided', text };
    return { outcome: 'chosen', nodeNames: [nodeName], unit: reservation?.unit, text };
  }

  #place(question: Question, membership: Exclude<Membership, { kind: 'none' }>): Decision {
    const { pod } = question;
    if (membership.kind === 'unplaceable') {
      this.#scout.done(pod.uid);
      this.#ledger.forget(pod.uid);
      const { outcome, text, policy } = membership;
      return { outcome, text, ...(policy === undefined ? {} : { policy }) };
    }
    const { policy, group } = membership;
    const choice = this.#choose(question, membership);
    if (choice.kind === 'chosen') {
      this.#scout.done(pod.uid);
      this.#ledger.reserve({ pod, policy, group, unit: choice.unit });
      const { unit, nodeNames, verdicts } = choice;
      return { outcome: 'chosen', policy, nodeNames, unit, text: choiceText(policy, verdicts) };
    }
    if (choice.kind === 'refused' || choice.cause !== 'not-offered') this.#scout.rests(pod.uid);
    // The place is kept for a pod whose victims are leaving.
    if (!this.#ledger.isAwaited(pod)) this.#ledger.forget(pod.uid);
    if (choice.kind === 'waiting') {
      const text = waitingText(policy, choice.verdicts, choice);
      return { outcome: 'waiting', policy, unit: choice.unit, text };
    }
    const isFull = choice.verdicts.every(({ passedOver }) => passedOver.startsWith('at-max'));
    const text = refusalText(policy, choice.verdicts);
    return { outcome: isFull ? 'full' : 'lacks-resources', policy, text };
  }

  #choose({ pod, candidates, constraints }: Question, member: Member): Choice {
    const { policy } = member;
    const isAlone = candidates.length === 1 && candidates[0] === pod.nominatedNode;
    // Where somebody was evicted for the pod it does not look back.
    const isNominated = isAlone && !this.#ledger.isNominated(pod);
    const offered = { pod, offered: candidates.length, isNominated, constraints };
    return this.#chooser.choose(pod, member, {
      candidates: (unit) => this.#sampler.sample(candidates, this.#ledger.nodesOf(policy, unit)),
      seeks: (unit) => this.#scout.seeks(offered, policy, unit),
      canBegin: () => true,
    });
  }
}
