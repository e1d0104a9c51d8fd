/**
 * Why one pod is where it is, or nowhere: the report of `explain`, on the running extender's own counts.
 *
 * @module
 */
import type { LastWord } from '../facts/last-word.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Choice } from '../placement/choose.ts';
import type { Demand } from '../placement/node-fit.ts';
import { obstacle } from '../placement/node-fit.ts';
import type { Unit } from '../policy/resource-policy.ts';
import { Attempts } from '../scheduling/attempts.ts';
import type { Member } from '../scheduling/matcher.ts';
import { Chooser } from '../scheduling/chooser.ts';
import type { PodReport, Sight } from '../scheduling/explain-pod.ts';
import { explainPod } from '../scheduling/explain-pod.ts';
import type { Feasibility } from '../scheduling/feasibility.ts';
import { FeasibilityCount } from '../scheduling/feasibility.ts';
import type { Matcher } from '../scheduling/matcher.ts';
import { Waits } from '../scheduling/waits.ts';
import type { Task } from './slices.ts';

/** What the watch does not keep of a pod; the API server tells it when somebody looks. */
export interface PodDetails {
  readonly constraints: PodConstraints;
  readonly lastWord: LastWord | undefined;
}

export interface ExplainerParts {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Nodes that are looked at without a stop, in some ten microseconds. */
const STRETCH = 16;

const NO_NODES: Feasibility = { nodeNames: [], obstacles: [] };

export class Explainer {
  readonly #parts: ExplainerParts;
  readonly #attempts: Attempts;
  /** What the clock of the attempts shows. */
  #attemptsMs = 0;
  readonly #chooser: Chooser;

  constructor(parts: ExplainerParts) {
    const { ledger, wallClock } = parts;
    this.#parts = parts;
    this.#attempts = new Attempts({ clock: { nowMs: () => this.#attemptsMs }, retry: () => undefined });
    // Timed waits stand on the pods; none begins by being looked at.
    const waits = new Waits({ wallClock, began: () => undefined, waiting: () => undefined });
    this.#chooser = new Chooser(ledger, waits, this.#attempts);
  }

  /** @param details as new as the facts, or newer. */
  *explain(facts: PodFacts, { constraints, lastWord }: PodDetails): Task<PodReport> {
    const { ledger, matcher, wallClock } = this.#parts;
    const membership = matcher.membershipOf(facts);
    const isWaiting = facts.nodeName === undefined && !facts.finished;
    const feasible = new Map<Unit, Feasibility>();
    if (isWaiting && membership.kind === 'member') {
      const demand = { constraints, requests: facts.requests };
      for (const unit of membership.policy.units) {
        feasible.set(unit, yield* this.#lookAt(ledger.nodesOf(membership.policy, unit), demand));
      }
    }
    const sight: Sight = {
      ledger,
      matcher,
      nowMs: wallClock(),
      choose: (pod, member) => this.#choose(pod, member, feasible),
      feasibility: (_pod, _policy, unit) => feasible.get(unit) ?? NO_NODES,
    };
    // kube-scheduler's word on the binding is faster than the watch: then it has nothing to say of a waiting pod.
    const isOld = isWaiting && lastWord?.isScheduled === true;
    return explainPod(sight, { facts, constraints, lastWord: isOld ? undefined : lastWord });
  }

  *#lookAt(names: Iterable<string>, demand: Demand): Task<Feasibility> {
    const { ledger } = this.#parts;
    const count = new FeasibilityCount();
    // As they are now: nodes come and go before the last is looked at.
    const all = [...names];
    let looked = 0;
    for (const name of all) {
      looked += 1;
      if (looked % STRETCH === 0) yield;
      const node = ledger.node(name);
      if (node !== undefined) count.add(name, obstacle(demand, node.capacity, ledger.usedOn(name)));
    }
    return count.result();
  }

  #choose(pod: PodFacts, member: Member, feasible: ReadonlyMap<Unit, Feasibility>): Choice {
    // An attempt at preemption lasts a second, so of a pod that somebody looks at it is over.
    this.#attemptsMs = 0;
    for (const unit of member.policy.units) this.#attempts.begin(pod, unit);
    this.#attemptsMs = Infinity;
    return this.#chooser.choose(pod, member, {
      candidates: (unit) => feasible.get(unit)?.nodeNames ?? [],
      seeks: () => false,
      canBegin: () => true,
    });
  }
}
