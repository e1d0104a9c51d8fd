import { expect, onTestFinished } from 'vitest';
import { policyKey } from '../../src/policy/resource-policy.ts';
import type { HarnessOptions } from './harness.ts';
import { Harness } from './harness.ts';

const NAMESPACES = ['default', 'other'];

/** A harness whose ledger is counted from scratch when the test ends: nothing may differ. */
export function anAuditedHarness(options?: HarnessOptions): Harness {
  const world = new Harness(options);
  onTestFinished(() => {
    const before = everything(world);
    expect(world.ledger.audit()).toEqual([]);
    expect(everything(world)).toEqual(before);
  });
  return world;
}

/** All that the ledger counts or derives from counts. */
function everything({ ledger }: Harness): unknown {
  const policies = NAMESPACES.flatMap((namespace) => ledger.policiesOf(namespace));
  return {
    figures: policies.map((policy) => ledger.figures(policyKey(policy), Infinity)),
    terminating: policies.map((policy) => policy.units.map((unit) => ledger.hasTerminating(policy, unit))),
    usage: [...ledger.groups()].map(({ key, policy, ...group }) => [policyKey(policy), key, group.bound]),
    amounts: [...ledger.groups()].map((group) => group.snapshot()),
    miscosted: [...ledger.miscosted()].map(({ name }) => name),
  };
}
