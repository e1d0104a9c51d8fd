/**
 * Watches for what must never happen: a pod that this program bound into a unit beyond its limits. Other ways past a limit
 * are not its doing, and are left out: a limit that is lowered below what is bound or on its way, pods that others bind, and
 * labels, nodes and requests that change.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isOver } from '../ledger/tally.ts';
import { groupOf } from '../policy/group.ts';

type Counts = Pick<Ledger, 'pod' | 'reservation' | 'standing'>;

/**
 * Takes in an event of the pod, and tells whether it shows an overshoot: the pod has been bound by this program, no place
 * was held for it in its unit, and the unit is over its limits now.
 *
 * @param takeIn puts the event into the ledger.
 */
export function overshoots(ledger: Counts, pod: PodFacts, takeIn: () => void): boolean {
  const { uid, nodeName, recordedPolicy, recordedUnit } = pod;
  const before = ledger.pod(uid);
  const isNewlyBound = before !== undefined && before.nodeName === undefined && nodeName !== undefined;
  // What is seen bound at once was bound before our start, under limits that are not known.
  if (!isNewlyBound || recordedPolicy === undefined) {
    takeIn();
    return false;
  }
  const held = ledger.reservation(uid);
  takeIn();
  if (held?.unit?.name === recordedUnit) return false;
  const standing = ledger.standing(`${pod.namespace}/${recordedPolicy}`);
  const unit = standing?.policy.units.find(({ name }) => name === recordedUnit);
  if (standing === undefined || unit === undefined) return false;
  const grouping = groupOf(standing.policy, pod.labels);
  const group = grouping.kind === 'group' ? standing.groups.get(grouping.group) : undefined;
  return group !== undefined && isOver(unit, group);
}
