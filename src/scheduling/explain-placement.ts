/**
 * How a bound pod counts, and who says in which order it leaves. Pure.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import { nameOf, notInUnitText } from '../placement/explain.ts';
import { bearsMarks } from '../placement/marks.ts';
import { deletionCost } from '../placement/scale-in.ts';
import { groupOf } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import type { Snapshot } from './snapshot.ts';

/** The part of a snapshot that counts. */
type Counts = Pick<Snapshot, 'ledger'>;

export interface Placement {
  readonly nodeName: string;
  /** When it was bound, RFC 3339. */
  readonly since?: string;
  /** With each policy that selects it, one as a rule. */
  readonly counts: readonly PlaceInPolicy[];
  /** What the Binding recorded on the pod; absent: it was bound by somebody else. */
  readonly recorded?: { readonly policy?: string; readonly unit?: string };
  readonly deletionCost: DeletionCost;
}

export interface PlaceInPolicy {
  readonly policy: string;
  /** Name of the unit that its node belongs to. */
  readonly unit?: string;
  readonly isCounted: boolean;
  /** Why it counts, or does not. */
  readonly text: string;
}

export interface DeletionCost {
  /** The annotation controller.kubernetes.io/pod-deletion-cost; absent counts as 0. */
  readonly value?: string;
  readonly writtenBy: 'nobody' | 'resource-policy' | 'somebody-else';
  /** The cost of its unit, where it has one. */
  readonly ofUnit?: number;
}

/** Undefined for a pod without a node. */
export function placementOf(snapshot: Counts, pod: PodFacts): Placement | undefined {
  const { nodeName, scheduledMs, recordedPolicy, recordedUnit } = pod;
  if (nodeName === undefined) return undefined;
  const selecting = snapshot.ledger
    .policiesOf(pod.namespace)
    .filter((policy) => selects(policy, pod.labels))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const places = selecting.map((policy) => ({ policy, ...placeIn(snapshot, pod, policy) }));
  const [only] = places;
  return {
    nodeName,
    ...(scheduledMs === undefined ? {} : { since: new Date(scheduledMs).toISOString() }),
    counts: places.map(({ policy, unit, isCounted, text }) => ({
      policy: policy.name,
      ...(unit === undefined ? {} : { unit: unit.name }),
      isCounted,
      text,
    })),
    ...(recordedPolicy === undefined && recordedUnit === undefined
      ? {}
      : {
          recorded: {
            ...(recordedPolicy === undefined ? {} : { policy: recordedPolicy }),
            ...(recordedUnit === undefined ? {} : { unit: recordedUnit }),
          },
        }),
    deletionCost: costOf(pod, places.length === 1 ? only?.unit : undefined),
  };
}

interface Place {
  readonly unit: Unit | undefined;
  readonly isCounted: boolean;
  readonly text: string;
}

function placeIn(snapshot: Counts, pod: PodFacts, policy: ResourcePolicy): Place {
  const counted = countedUnit(snapshot, pod, policy);
  if (counted !== undefined) {
    return { unit: counted, isCounted: true, text: `counts in ${nameOf(counted)}` };
  }
  const unit = unitOf(snapshot, pod, policy);
  return { unit, isCounted: false, text: `does not count: ${whyNot(pod, policy, unit)}` };
}

/** The unit whose count would be one less without the pod. */
function countedUnit({ ledger }: Counts, pod: PodFacts, policy: ResourcePolicy): Unit | undefined {
  const grouping = groupOf(policy, pod.labels);
  if (grouping.kind !== 'group') return undefined;
  const { group } = grouping;
  return policy.units.find((unit) => {
    const without = ledger.usageWithout({ policy, group, unit }, '', [pod.uid]);
    return without.pods < ledger.usage(policy, group, unit, '').pods;
  });
}

function unitOf({ ledger }: Counts, pod: PodFacts, policy: ResourcePolicy): Unit | undefined {
  const { nodeName = '', recordedPolicy, recordedUnit } = pod;
  const holding = policy.units.filter((unit) => ledger.nodesOf(policy, unit).has(nodeName));
  const recorded = recordedPolicy === policy.name && holding.find(({ name }) => name === recordedUnit);
  return recorded || (holding.find((unit) => bearsMarks(pod, unit)) ?? holding[0]);
}

function whyNot(pod: PodFacts, policy: ResourcePolicy, unit: Unit | undefined): string {
  const grouping = groupOf(policy, pod.labels);
  if (pod.finished) return 'it has ended';
  if (grouping.kind === 'missing-label') return `it lacks the label ${grouping.label} of matchLabelKeys`;
  if (unit === undefined) return notInUnitText(policy, pod.nodeName ?? '');
  if (pod.terminating && policy.ignoreTerminatingPod)
    return 'it is terminating, and ignoreTerminatingPod is true';
  if (!bearsMarks(pod, unit)) return `it does not bear the podLabels and podAnnotations of ${nameOf(unit)}`;
  return 'it was scheduled before the policy was created, and ignorePreviousPod is true';
}

function costOf(pod: PodFacts, unit: Unit | undefined): DeletionCost {
  const { deletionCost: value, ownDeletionCost } = pod;
  const ofUnit = unit === undefined ? undefined : (deletionCost(unit) ?? 0);
  return {
    ...(value === undefined ? {} : { value }),
    writtenBy:
      value === undefined ? 'nobody' : value === ownDeletionCost ? 'resource-policy' : 'somebody-else',
    ...(ofUnit === undefined ? {} : { ofUnit }),
  };
}
