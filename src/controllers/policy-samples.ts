/**
 * The figures of policies for their metrics, of a bounded number of policies.
 *
 * @module
 */
import type { Ledger } from '../ledger/ledger.ts';
import type { PolicyTally, UnitTally } from '../ledger/tally.ts';
import { tallyOf } from '../ledger/tally.ts';
import type { Condition } from '../policy/condition.ts';
import type { ResourceLimit, ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { PolicyName, PolicySample, SpendSample, UnitSample } from '../telemetry/policy-samples.ts';

export interface PolicySamplesParts {
  readonly ledger: Pick<Ledger, 'standing' | 'pod' | 'policyEpoch'>;
  /** All policies. */
  readonly policies: () => Iterable<ResourcePolicy>;
  /** Conditions as in the policy's status. */
  readonly conditions: (policyKey: string) => readonly Condition[];
  /** Undefined: there is no price list. */
  readonly spend: ((policyKey: string) => SpendSample) | undefined;
  /** Most policies with figures. */
  readonly most: number;
}

export class PolicySamples {
  readonly #parts: PolicySamplesParts;
  #shown: { readonly epoch: number; readonly policies: readonly ResourcePolicy[] } | undefined;

  constructor(parts: PolicySamplesParts) {
    this.#parts = parts;
  }

  /** The oldest policies: whoever creates one ends nobody's series. */
  shown(): readonly ResourcePolicy[] {
    const { ledger, policies, most } = this.#parts;
    const epoch = ledger.policyEpoch;
    if (this.#shown?.epoch !== epoch) {
      const oldest = [...policies()].toSorted(byAge).slice(0, most);
      this.#shown = { epoch, policies: oldest };
    }
    return this.#shown.policies;
  }

  /** Figures of a policy at this moment; undefined: there is none of that name. */
  sample(policy: PolicyName): PolicySample | undefined {
    const { ledger, conditions, spend } = this.#parts;
    const key = policyKey(policy);
    const standing = ledger.standing(key);
    if (standing === undefined) return undefined;
    return {
      ...sampleOf(
        standing.policy,
        tallyOf(standing, (uid) => ledger.pod(uid)),
      ),
      conditions: Object.fromEntries(conditions(key).map(({ type, status }) => [type, status === 'True'])),
      spend: spend?.(key),
    };
  }
}

function sampleOf(
  { namespace, name, units }: ResourcePolicy,
  tally: PolicyTally,
): Omit<PolicySample, 'conditions' | 'spend'> {
  const { groups, waitingAtMax, waitingBelowMax, gated, conflicting, ungrouped } = tally;
  return {
    namespace,
    name,
    groups,
    waiting: {
      'at-max': waitingAtMax,
      'below-max': waitingBelowMax,
      gated,
      conflict: conflicting,
      'no-group': ungrouped,
    },
    units: units.flatMap((unit) => {
      const ofUnit = tally.units[unit.index];
      return ofUnit === undefined ? [] : [unitSample(unit, ofUnit)];
    }),
  };
}

function unitSample({ name, index, resource, max, maxResources }: Unit, tally: UnitTally): UnitSample {
  const { amounts, ...figures } = tally;
  return {
    ...figures,
    name,
    index: index + 1,
    resource: resource ?? '',
    max,
    resources: maxResources.map((limit, at) => ({
      name: limit.resource,
      used: inBaseUnits(limit, amounts[at] ?? 0),
      max: inBaseUnits(limit, limit.amount),
    })),
  };
}

/** Millicores are what is counted in. */
function inBaseUnits({ resource }: ResourceLimit, amount: number): number {
  return resource === 'cpu' ? amount / 1_000 : amount;
}

function byAge(a: ResourcePolicy, b: ResourcePolicy): number {
  return a.createdMs - b.createdMs || (policyKey(a) < policyKey(b) ? -1 : 1);
}
