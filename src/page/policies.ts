/**
 * Policies and their groups, from the tally.
 *
 * @module
 */
import type { Condition } from '../policy/condition.ts';
import { requirementsOf } from '../policy/requirements.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { GroupRow, PoliciesAnswer, PolicyAnswer, PolicyRow, Trouble, UnitRow } from './answers.ts';
import type { Part } from './list.ts';
import { matches, partOf } from './list.ts';
import type { Task } from './slices.ts';
import { sorted } from './sorted.ts';
import type { GroupTally, PolicyTally, UnitTally } from './tally.ts';
import { takenOf } from './tally.ts';

/** Items between two stops. */
const STRETCH = 64;

/** Conditions whose status says that something is wrong. */
const WRONG: Readonly<Record<string, Condition['status']>> = {
  Ready: 'False',
  Enforced: 'False',
  Conflicting: 'True',
  Ungrouped: 'True',
  UnreachableUnits: 'True',
  CostOverridden: 'True',
  Questionable: 'True',
};

/** Those with waiting pods first, then by name. */
export function* policiesAnswer(
  tallies: ReadonlyMap<string, PolicyTally>,
  { filter, offset }: Part,
  standing: (policy: ResourcePolicy) => ResourcePolicy,
): Task<PoliciesAnswer> {
  const found: PolicyTally[] = [];
  let waiting = 0;
  let looked = 0;
  for (const [key, tally] of tallies) {
    waiting += tally.waiting;
    if (matches(key, filter)) found.push(tally);
    looked += 1;
    if (looked % STRETCH === 0) yield;
  }
  const inOrder = yield* sorted(
    found,
    (a, b) =>
      Number(b.waiting > 0) - Number(a.waiting > 0) || (policyKey(a.policy) < policyKey(b.policy) ? -1 : 1),
  );
  const row = (tally: PolicyTally): PolicyRow => policyRow(tally, standing(tally.policy));
  return { ...partOf(inOrder, { total: tallies.size, offset, row }), waiting };
}

/** The groups with the most waiting pods first, then those with the most places. */
export function* policyAnswer(
  tally: PolicyTally,
  { filter, offset }: Part,
  standing: ResourcePolicy,
): Task<PolicyAnswer> {
  const { policy, groups, outside } = tally;
  const found: GroupTally[] = [];
  for (const [index, group] of groups.entries()) {
    if (matches(group.key, filter)) found.push(group);
    if (index % STRETCH === 0) yield;
  }
  const inOrder = yield* sorted(
    found,
    (a, b) => b.waiting - a.waiting || b.taken - a.taken || (a.key < b.key ? -1 : 1),
  );
  const { createdMs, matchLabelKeys, tryNext, timeout, preemptPolicy } = policy;
  return {
    policy: policyRow(tally, standing),
    createdMs,
    selects: requirementsOf(policy),
    matchLabelKeys,
    tryNext,
    timeout: timeout.text,
    preemptPolicy,
    troubles: troublesOf(standing),
    outside,
    groups: partOf(inOrder, {
      total: groups.length,
      offset,
      row: (group): GroupRow => ({
        key: group.key,
        labels: groupLabels(policy, group.key),
        used: group.units.map(takenOf),
        waiting: group.waiting,
      }),
    }),
  };
}

function policyRow({ policy, units, waiting, groups }: PolicyTally, standing: ResourcePolicy): PolicyRow {
  // With no group yet it is the max of the first one to come: 0 of 0 would look full.
  const count = Math.max(1, groups.length);
  return {
    namespace: policy.namespace,
    name: policy.name,
    units: policy.units.map((unit) => {
      const tally = units[unit.index];
      const { nodes = 0, fullGroups = 0 } = tally ?? {};
      return unitRow(unit, tally, { groups: count, nodes, fullGroups });
    }),
    waiting,
    groups: groups.length,
    isGrouped: policy.matchLabelKeys.length > 0,
    troubles: troublesOf(standing).map(({ type }) => type),
  };
}

export function unitRow(
  { index, name, max, maxResources, resource }: Unit,
  tally: UnitTally | undefined,
  { groups, nodes, fullGroups }: { groups: number; nodes: number; fullGroups: number },
): UnitRow {
  return {
    number: index + 1,
    name,
    resource: resource ?? 'any',
    used: takenOf(tally),
    held: tally?.held ?? 0,
    ...(max === undefined ? {} : { max: max * groups, maxPerGroup: max }),
    fullGroups,
    resources: maxResources.map((limit, at) => {
      const used = tally?.amounts[at] ?? 0;
      const share = limit.amount * groups === 0 ? 100 : Math.floor((100 * used) / (limit.amount * groups));
      return `${limit.resource} ${share}% of ${groups === 1 ? '' : `${groups} × `}${limit.text}`;
    }),
    waiting: tally?.waiting ?? 0,
    nodes,
  };
}

export function groupLabels({ matchLabelKeys }: ResourcePolicy, key: string): GroupRow['labels'] {
  const values = key.split(',');
  return matchLabelKeys.map((label, index) => [label, values[index] ?? '']);
}

function troublesOf({ problems, conditions }: ResourcePolicy): readonly Trouble[] {
  if (problems.length > 0) return [{ type: 'Invalid', message: problems.join('; ') }];
  return conditions
    .filter(({ type, status }) => WRONG[type] === status)
    .map(({ type, message }) => ({ type: type === 'Ready' ? 'Invalid' : type, message }));
}
