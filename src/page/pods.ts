/**
 * The pods of a group. The ledger knows the groups by their counts, so the pods are looked through.
 *
 * @module
 */
import { labelOf } from '../facts/labels.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { groupOf } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import { placementOf } from '../scheduling/explain-placement.ts';
import type { ListAnswer, PodRow, UnitRow } from './answers.ts';
import type { Part } from './list.ts';
import { matches, partOf } from './list.ts';
import type { Task } from './slices.ts';
import { sorted } from './sorted.ts';

/** Pods that are looked at without a stop, in some ten microseconds. */
const STRETCH = 128;
/** Of what kube-scheduler, which is not asked, says nothing. */
const IN_WAITING_ROOM = 'all units of its group were at max: kube-scheduler is asked when one has room';
/** Longest reason in a list. */
const LONGEST_WHY = 400;

/** Those of one group that have not ended. */
export function* podsOfGroup(
  all: Iterable<PodFacts>,
  policy: ResourcePolicy,
  key: string,
): Task<readonly PodFacts[]> {
  const [firstLabel] = policy.matchLabelKeys;
  const [firstValue] = key.split(',');
  const found: PodFacts[] = [];
  let looked = 0;
  for (const pod of all) {
    looked += 1;
    if (looked % STRETCH === 0) yield;
    if (pod.namespace !== policy.namespace || pod.finished) continue;
    // Cheap, and enough for nearly all.
    if (firstLabel !== undefined && labelOf(pod.labels, firstLabel) !== firstValue) continue;
    if (!selects(policy, pod.labels)) continue;
    const grouping = groupOf(policy, pod.labels);
    if (grouping.kind === 'group' && grouping.group === key) found.push(pod);
  }
  return found;
}

/** Waiting pods that the policy selects and that are in no group of it. */
export function podsOutside(ledger: Ledger, policy: ResourcePolicy): readonly PodFacts[] {
  const standing = ledger.standing(policyKey(policy));
  const uids = [...(standing?.conflicting ?? []), ...(standing?.ungrouped ?? [])];
  return uids.flatMap((uid) => ledger.pod(uid) ?? []);
}

/** Waiting ones first, those that wait the longest before others; then by name, numbers in it as numbers. */
export function* podsAnswer(
  ledger: Ledger,
  { pods, policy, part }: { pods: readonly PodFacts[]; policy: ResourcePolicy; part: Part },
): Task<ListAnswer<PodRow>> {
  const found: { readonly pod: PodFacts; readonly rank: number; readonly name: string }[] = [];
  let looked = 0;
  for (const pod of pods) {
    looked += 1;
    if (looked % STRETCH === 0) yield;
    if (!matches(pod.name, part.filter)) continue;
    const name = pod.name.replaceAll(/\d+/g, (digits) => digits.padStart(10, '0'));
    found.push({ pod, rank: pod.nodeName === undefined ? pod.createdMs : Infinity, name });
  }
  const inOrder = yield* sorted(found, (a, b) => order(a.rank, b.rank) || (a.name < b.name ? -1 : 1));
  return partOf(inOrder, {
    total: pods.length,
    offset: part.offset,
    row: ({ pod }) => podRow(ledger, policy, pod),
  });
}

function order(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function podRow(ledger: Ledger, policy: ResourcePolicy, pod: PodFacts): PodRow {
  const { name, nodeName, createdMs, scheduledMs, terminating } = pod;
  if (nodeName === undefined) {
    const held = ledger.reservation(pod.uid);
    if (held !== undefined) {
      const on = held.nodeName === undefined ? {} : { nodeName: held.nodeName };
      return { name, state: 'placing', ...unitOf(policy, held.unit?.name), ...on, sinceMs: createdMs };
    }
    const state = terminating ? 'leaving' : 'waiting';
    const why = pod.isInWaitingRoom ? IN_WAITING_ROOM : reasonIn(pod.unschedulable ?? '');
    const unit = unitOf(policy, ledger.waitingUnit(pod.uid));
    return { name, state, ...unit, sinceMs: createdMs, ...(why === '' ? {} : { why }) };
  }
  const place = placementOf({ ledger }, pod)?.counts.find((each) => each.policy === policy.name);
  return {
    name,
    state: terminating ? 'leaving' : 'placed',
    ...unitOf(policy, place?.unit),
    nodeName,
    ...(scheduledMs === undefined ? {} : { sinceMs: scheduledMs }),
    ...(place === undefined || place.isCounted ? {} : { why: place.text }),
  };
}

function unitOf(policy: ResourcePolicy, name: string | undefined): Pick<PodRow, 'unit'> {
  const unit = policy.units.find((each) => each.name === name);
  if (unit === undefined) return {};
  const resource: UnitRow['resource'] = unit.resource ?? 'any';
  return { unit: { number: unit.index + 1, name: unit.name, resource } };
}

/** Our own sentence in kube-scheduler's message, without the numbers around it; all of it where there is none. */
export function reasonIn(message: string): string {
  const [, own] = /\d+ (ResourcePolicy .*?)(?:\. |\.?$)/s.exec(message) ?? [];
  const text = own ?? message;
  return text.length <= LONGEST_WHY ? text : `${text.slice(0, LONGEST_WHY - 1)}…`;
}
