/**
 * What must be true of the program after each step, and of its counts whenever the watch has told everything.
 *
 * @module
 */
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { memberOf, placeOf, sumOf } from './rules.ts';
import type { World } from './world.ts';
import { settle } from './world.ts';

/** After every step: no place is held beside a bound pod, nor beyond the end of a pod, nor past the unit of a pin. */
export async function checkAlways({ story, flights, program, api }: World): Promise<void> {
  await settle();
  flights.sweep();
  const { ledger, pods } = program;
  for (const uid of api.uids()) {
    const held = ledger.reservation(uid);
    if (held === undefined) continue;
    const known = pods.get(uid);
    story.expect(!ledger.isRemoved(uid), () => `${uid} is gone and holds a place`);
    story.expect(known?.nodeName === undefined, () => `${uid} is bound and holds a place beside`);
    if (held.state === 'reserved') {
      const { unit, pod, policy } = held;
      const isPinned = policy.units.some(({ name }) => name === pod.pinnedUnit);
      const isOwn = !isPinned || unit.name === pod.pinnedUnit;
      story.expect(isOwn, () => `${uid}, pinned to ${pod.pinnedUnit}, holds a place in ${unit.name}`);
    }
    story.expect(known?.finished !== true, () => `${uid} has finished and holds a place`);
  }
  story.check();
}

/** The ledger's counts are those of a recount, of a restart, and of the rules as they are stated here. */
export function checkCounts(world: World): void {
  const { story, api, program } = world;
  const { ledger } = program;
  const differences = ledger.audit();
  story.expect(differences.length === 0, () => `audit: ${differences.join('; ')}`);
  const anew = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: { nowMs: () => 0 },
    checksAtBind: true,
    listener: QUIET,
  });
  for (const policy of api.policies.values()) anew.upsertPolicy(policy);
  for (const node of api.nodes.values()) anew.upsertNode(node);
  for (const pod of api.pods.values()) anew.upsertPod(pod);
  checkLines(world);
  for (const policy of api.policies.values()) {
    const places = api.items('pods').map((pod) => ({ pod, place: placeOf(policy, pod, api.nodes) }));
    for (const group of new Set(places.map(({ place }) => place?.group ?? ''))) {
      const ref = { policyKey: `default/${policy.name}`, group };
      for (const unit of policy.units) {
        const there = places.filter(({ place }) => place?.unit === unit && place.group === group);
        const real = sumOf(
          unit,
          there.map(({ pod }) => pod),
        );
        const isRight = (counts: Ledger): boolean => {
          const counted = counts.group(ref);
          const reserved = counted?.reserved[unit.index] ?? 0;
          if (reserved > 0) return (counted?.bound[unit.index] ?? 0) === real.pods;
          const { pods, amounts } = counted?.usage(unit.index) ?? { pods: 0, amounts: [] };
          return (
            pods === real.pods && real.amounts.every((amount, limit) => amount === (amounts[limit] ?? 0))
          );
        };
        const what = `${policy.name} [${group}] ${unit.name}`;
        story.expect(isRight(ledger), () => `${what}: there are ${JSON.stringify(real)}, the ledger errs`);
        story.expect(isRight(anew), () => `${what}: there are ${JSON.stringify(real)}, a restart errs`);
      }
    }
  }
}

/** Who waits where, in kube-scheduler's queue or out of it, is as the API server has it. */
function checkLines({ story, api, program: { ledger } }: World): void {
  const heldPods = [...ledger.heldPods()].map(({ pod }) => pod.uid);
  const inRoom = api.items('pods').filter((pod) => pod.isInWaitingRoom && !pod.terminating && !pod.finished);
  story.expect(isSameSet(heldPods, inRoom), () => `in the waiting room, by the ledger: ${heldPods.join()}`);
  for (const { policy, key, pending, held, outside } of ledger.groups()) {
    const members = api.items('pods').filter((pod) => {
      const member = pod.nodeName === undefined && !pod.terminating && memberOf(api.policies.values(), pod);
      return member !== false && member?.policy.name === policy.name && member.group === key;
    });
    const isRight =
      isSameSet(
        held,
        members.filter(({ isInWaitingRoom }) => isInWaitingRoom),
      ) &&
      isSameSet(
        outside,
        members.filter(({ isGated, isInWaitingRoom }) => isGated && !isInWaitingRoom),
      ) &&
      isSameSet(
        pending,
        members.filter(({ isGated }) => !isGated),
      );
    const lines = (): string => [pending, held, outside].map((uids) => [...uids].join()).join(' | ');
    story.expect(isRight, () => `${policy.name} [${key}]: by the ledger there wait ${lines()}`);
  }
}

function isSameSet(uids: Iterable<string>, pods: readonly PodFacts[]): boolean {
  const known = new Set(uids);
  return known.size === pods.length && pods.every(({ uid }) => known.has(uid));
}
