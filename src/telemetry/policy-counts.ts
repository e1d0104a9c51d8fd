/**
 * What is counted for each policy while the process runs: decisions and bindings. Counts of policies that are gone go with
 * them, so there are never more than policies have units and outcomes.
 *
 * @module
 */
import type { MetricName } from './catalogue.ts';
import type { Exposition, LabelValues } from './exposition.ts';
import type { FilterOutcome } from './outcomes.ts';
import type { PolicyName } from './policy-samples.ts';

/** All that {@link PolicyCounts.addTo} writes. */
export const COUNT_METRICS: readonly MetricName[] = ['decisions_total', 'bindings_total'];

interface UnitName {
  readonly name: string;
}

/** What is counted of a decision. */
export interface DecidedPlace {
  readonly policy?: PolicyName;
  readonly outcome: FilterOutcome;
  /** The unit that the outcome is about. */
  readonly unit?: UnitName | undefined;
}

/** What is counted of a Binding. */
export interface BoundPlace {
  readonly policy: PolicyName;
  readonly unit: UnitName;
}

interface Counts {
  /** By outcome, then by unit, empty for none. */
  readonly decisions: Map<FilterOutcome, Map<string, number>>;
  readonly bindings: Map<string, number>;
}

export class PolicyCounts {
  readonly #counts = new Map<string, Counts>();

  /** An answer of /filter; one that follows from no policy counts for none. */
  decided({ policy, outcome, unit }: DecidedPlace): void {
    if (policy === undefined) return;
    const { decisions } = this.#of(policy);
    const byUnit = decisions.get(outcome) ?? new Map<string, number>();
    decisions.set(outcome, byUnit);
    increase(byUnit, unit?.name ?? '');
  }

  /** @param place where a pod was bound; undefined: it was not, or no policy selects it. */
  bound(place: BoundPlace | undefined): void {
    if (place !== undefined) increase(this.#of(place.policy).bindings, place.unit.name);
  }

  /** The policy is gone; one that is created under its name starts anew. */
  forget(policy: PolicyName): void {
    this.#counts.delete(keyOf(policy));
  }

  addTo(to: Exposition, policy: PolicyName): void {
    const counts = this.#counts.get(keyOf(policy));
    if (counts === undefined) return;
    const labels = { policy_namespace: policy.namespace, policy: policy.name };
    for (const [outcome, byUnit] of counts.decisions)
      addAll(to, 'decisions_total', { ...labels, outcome }, byUnit);
    addAll(to, 'bindings_total', labels, counts.bindings);
  }

  #of(policy: PolicyName): Counts {
    const key = keyOf(policy);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const counts: Counts = { decisions: new Map(), bindings: new Map() };
    this.#counts.set(key, counts);
    return counts;
  }
}

function addAll(
  to: Exposition,
  name: MetricName,
  labels: LabelValues,
  byUnit: ReadonlyMap<string, number>,
): void {
  for (const [unit, count] of byUnit) to.add(name, { ...labels, unit }, count);
}

function keyOf({ namespace, name }: PolicyName): string {
  return `${namespace}/${name}`;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
