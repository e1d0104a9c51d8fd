/**
 * The choice of a unit on the ledger as it is now: what /filter and /preempt share.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Choice, Sight } from '../placement/choose.ts';
import { chooseUnit } from '../placement/choose.ts';
import { unitsOpenTo } from '../placement/pin.ts';
import { fullness } from '../placement/usage.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import type { Attempts } from './attempts.ts';
import type { Member } from './matcher.ts';
import type { Waits } from './waits.ts';

/** For how long a pod waits for others to leave its nominated node whose eviction this process did not allow. */
const STRANGERS_MS = 60_000;

/** What the caller sees of a unit's nodes. */
export interface Nodes extends Pick<Sight, 'candidates' | 'seeks'> {
  /** Whether an attempt to preempt in the unit can begin: kube-scheduler looks for somebody to evict, or has found somebody. */
  canBegin(unit: Unit): boolean;
}

export class Chooser {
  readonly #ledger: Ledger;
  readonly #waits: Waits;
  readonly #attempts: Attempts;

  constructor(ledger: Ledger, waits: Waits, attempts: Attempts) {
    this.#ledger = ledger;
    this.#waits = waits;
    this.#attempts = attempts;
  }

  /**
   * Chooses, and starts the clock of a pod that has to wait.
   *
   * @param nodes feasible nodes of a unit, whether one is sought that was not offered, and whether an attempt to preempt
   *   in it can begin.
   */
  choose(pod: PodFacts, member: Member, nodes: Nodes): Choice {
    const { policy, group } = member;
    const sight = {
      usage: (unit: Unit) => this.#ledger.usage(policy, group, unit, pod.uid),
      candidates: nodes.candidates,
      seeks: nodes.seeks,
      hasTerminating: (unit: Unit) => this.#ledger.hasTerminating(policy, unit),
      waitedMs: (unit: Unit) => this.#waits.waitedMs(pod, unit),
      mayPreempt: (unit: Unit) => this.#mayPreempt(pod, member, unit, nodes),
      isPast: (unit: Unit) => this.#isPast(pod, unit),
    };
    const choice = chooseUnit(policy, pod.requests, sight, unitsOpenTo(pod, policy));
    if (choice.kind !== 'waiting') return choice;
    if (choice.cause === 'resources-for-a-time') this.#waits.wait(pod, policy, choice.unit);
    if (choice.cause === 'preemption') this.#attempts.begin(pod, choice.unit);
    return choice;
  }

  /** In a full unit only pods of the group itself make room. */
  #mayPreempt(pod: PodFacts, { policy, group }: Member, unit: Unit, nodes: Nodes): boolean {
    if (policy.preemptPolicy !== 'BeforeNextUnit' || !pod.canPreempt) return false;
    const isFreed = this.#isFreed(pod, policy, unit);
    if (isFreed !== undefined) return isFreed;
    if (this.#attempts.isOver(pod, unit)) return false;
    if (!this.#attempts.hasBegun(pod, unit) && !nodes.canBegin(unit)) return false;
    const isFull =
      fullness(unit, this.#ledger.usage(policy, group, unit, pod.uid), pod.requests) !== undefined;
    return this.#ledger.hasVictims(policy, unit, pod.priority, isFull ? group : undefined);
  }

  /**
   * Whether victims are leaving this unit for the pod; false: they leave another one, or left it. Where units share the
   * nominated node, its reservation tells for which. Undefined: no victims are leaving this unit; a node of it that is
   * nominated without a place held there, and that nobody leaves, is only a node to look at.
   */
  #isFreed(pod: PodFacts, policy: ResourcePolicy, unit: Unit): boolean | undefined {
    const { uid, nominatedNode } = pod;
    if (nominatedNode === undefined) return undefined;
    const held = this.#ledger.reservation(uid);
    const isOf = (each: Unit): boolean => this.#ledger.nodesOf(policy, each).has(nominatedNode);
    if (held?.unit !== undefined && isOf(held.unit)) {
      if (held.unit.index !== unit.index) return false;
      return this.#ledger.isAwaited(pod) || undefined;
    }
    if (!isOf(unit)) return policy.units.some(isOf) ? false : undefined;
    // Whose victims they are is not known: another replica may have allowed their eviction.
    const isOver = this.#attempts.isOver(pod, unit, STRANGERS_MS);
    return (this.#ledger.isFreeing(pod) && !isOver) || undefined;
  }

  /** A node that is nominated without a place held there is only a node to look at: nobody is evicted for it. */
  #isPast(pod: PodFacts, unit: Unit): boolean {
    const held = this.#ledger.reservation(pod.uid)?.unit;
    return held !== undefined && held.index > unit.index && this.#ledger.isNominated(pod);
  }
}
