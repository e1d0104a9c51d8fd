/**
 * /prioritize: nodes ranked by the order of their units. With our filter in place all remaining nodes are of one unit
 * and this changes nothing; alone, or with other extenders, it is a preference and not exact.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { unitScore } from '../placement/score.ts';
import type { Matcher } from './matcher.ts';

export interface Score {
  readonly nodeName: string;
  /** Whole number, 0 to 10. */
  readonly score: number;
}

export class Ranker {
  readonly #ledger: Ledger;
  readonly #matcher: Matcher;

  constructor(ledger: Ledger, matcher: Matcher) {
    this.#ledger = ledger;
    this.#matcher = matcher;
  }

  /** Scores of the candidates; empty for a pod that is not ours, which kube-scheduler reads as 0 for each. */
  rank(pod: PodFacts, candidates: readonly string[]): readonly Score[] {
    const membership = this.#matcher.membershipOf(pod);
    if (membership.kind !== 'member') return [];
    const { policy } = membership;
    const reserved = this.#ledger.reservation(pod.uid)?.unit;
    return candidates.map((nodeName) => {
      const holders = policy.units.filter((unit) => this.#ledger.nodesOf(policy, unit).has(nodeName));
      const unit = holders.find(({ name }) => name === reserved?.name) ?? holders[0];
      return { nodeName, score: unitScore(unit, reserved) };
    });
  }
}
