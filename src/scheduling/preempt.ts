/**
 * /preempt: on which nodes kube-scheduler may evict pods for a pod that found no place. Without this verb it evicts in
 * vain: it knows nothing of units that are at max. The nodes are those of the unit whose turn it is, and only where
 * the pod has room under the unit's limits once the victims are gone.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Choice } from '../placement/choose.ts';
import { unitsOpenTo } from '../placement/pin.ts';
import { fullness } from '../placement/usage.ts';
import type { Unit } from '../policy/resource-policy.ts';
import type { PreemptOutcome } from '../telemetry/outcomes.ts';
import type { Chooser } from './chooser.ts';
import type { Matcher, Member } from './matcher.ts';
import type { View } from './ports.ts';
import type { Scout } from './scout.ts';

/** UIDs of the pods that kube-scheduler would evict, by node. */
export type Victims = ReadonlyMap<string, readonly string[]>;

export interface Preemption {
  readonly outcome: PreemptOutcome;
  /** Nodes on which the victims may be evicted; empty: nobody is evicted. */
  readonly nodeNames: readonly string[];
}

const NOBODY: readonly string[] = [];

export interface PreemptorParts {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  readonly view: View;
  readonly chooser: Chooser;
  readonly scout: Pick<Scout, 'isOut'>;
}

export class Preemptor {
  readonly #parts: PreemptorParts;

  constructor(parts: PreemptorParts) {
    this.#parts = parts;
  }

  /** Chooses among the candidates, and holds a place in the unit for the pod while its victims leave. */
  choose(pod: PodFacts, candidates: Victims): Preemption {
    const { ledger, matcher, view } = this.#parts;
    if (view.unready() !== undefined) return { outcome: 'not-ready', nodeNames: NOBODY };
    const member = matcher.membershipOf(pod);
    if (member.kind === 'none') return { outcome: 'not-ours', nodeNames: [...candidates.keys()] };
    if (member.kind === 'unplaceable' || ledger.isOver(pod.uid))
      return { outcome: 'nobody', nodeNames: NOBODY };
    // A node may take it as it is.
    if (this.#parts.scout.isOut(pod.uid)) return { outcome: 'nobody', nodeNames: NOBODY };
    const held = ledger.reservation(pod.uid);
    const isBound = ledger.pod(pod.uid)?.nodeName !== undefined;
    if (isBound || (held !== undefined && held.state !== 'reserved'))
      return { outcome: 'nobody', nodeNames: NOBODY };
    const nodesOf = (unit: Unit): readonly string[] => this.#nodesOf(unit, { pod, member, candidates });
    // What the walk through the units comes to when none has a feasible node: else there were nothing to preempt for.
    const choice = this.#parts.chooser.choose(pod, member, {
      candidates: () => NOBODY,
      seeks: () => false,
      // Only who was refused by /filter can be woken when an attempt is over (decision 008); others go on at once.
      canBegin: (unit) => nodesOf(unit).length > 0,
    });
    for (const unit of unitsToPreemptIn(unitsOpenTo(pod, member.policy), choice)) {
      const nodeNames = nodesOf(unit);
      if (nodeNames.length === 0) continue;
      ledger.reserve({ pod, policy: member.policy, group: member.group, unit }, { isAhead: true });
      return { outcome: 'offered', nodeNames };
    }
    return { outcome: 'nobody', nodeNames: NOBODY };
  }

  #nodesOf(
    unit: Unit,
    { pod, member, candidates }: { pod: PodFacts; member: Member; candidates: Victims },
  ): readonly string[] {
    const { policy, group } = member;
    const { ledger } = this.#parts;
    const nodes = ledger.nodesOf(policy, unit);
    return [...candidates]
      .filter(([nodeName, victims]) => {
        const usage = ledger.usageWithout({ policy, group, unit }, pod.uid, victims);
        return nodes.has(nodeName) && fullness(unit, usage, pod.requests) === undefined;
      })
      .map(([nodeName]) => nodeName);
  }
}

/**
 * Units in which the pod may preempt now, of those open to it, in order. A pod that only waits for a time, or for terminating pods, has
 * units left: under AfterAllUnits it preempts nobody yet. One that waits for resources without end has none.
 */
function unitsToPreemptIn(units: readonly Unit[], choice: Choice): readonly Unit[] {
  if (choice.kind !== 'waiting') return units;
  switch (choice.cause) {
    case 'preemption':
      return [choice.unit];
    case 'resources':
      return units.filter(({ index }) => index <= choice.unit.index);
    case 'resources-for-a-time':
    case 'terminating-pods':
    case 'not-offered':
      return [];
  }
}
