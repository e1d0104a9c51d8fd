/**
 * A place held for a pod between /filter and the watch event that shows it bound.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Marks } from '../placement/marks.ts';
import type { GroupKey } from '../policy/group.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';

/** A pod, and the place that was chosen for it. */
export interface Place {
  readonly pod: PodFacts;
  readonly policy: ResourcePolicy;
  readonly group: GroupKey;
  readonly unit: Unit;
}

export type Reservation = Reserved | UnderWay;

/** It passed /filter, or its victims are to leave; nothing was written. May be taken back. */
export interface Reserved extends Place {
  readonly state: 'reserved';
  /** Whether the place is held ahead of /filter: the unit may still be full. */
  readonly isAhead: boolean;
  readonly nodeName: undefined;
  /** When it was made, on the ledger's clock. */
  readonly sinceMs: number;
}

/**
 * A Binding was sent, so it may land at any moment: it counts as the pod will count once it has landed, under the
 * policies of now, even where none selected the pod when it was sent.
 */
export interface UnderWay {
  /**
   * - `binding`: a Binding is on its way. Never taken back.
   * - `uncertain`: the Binding's answer was lost; it may have landed, or land yet.
   * - `landed`: the API server confirmed the Binding; the watch has not shown it yet.
   */
  readonly state: 'binding' | 'uncertain' | 'landed';
  /** As it was last seen, unbound. */
  readonly pod: PodFacts;
  /** Unit that it was bound for; undefined: no policy selected the pod. */
  readonly unit: Unit | undefined;
  /** Node of the last Binding. */
  readonly nodeName: string;
  /** What was sent, each once. More than one only of a pod that no policy selected: one of them will land. */
  readonly targets: readonly Target[];
  /** Bindings sent and not answered yet: kube-scheduler may repeat one before the first is answered. */
  readonly open: number;
  /** The answer of one was lost: it may have landed or land yet, whatever becomes of the others. */
  readonly isDoubtful: boolean;
  /** When it entered its state, on the ledger's clock. */
  readonly sinceMs: number;
}

/** What a Binding to the node asked of the pod: to be of this version. */
export interface VersionNamed {
  readonly nodeName: string;
  readonly version: string;
}

export interface Target {
  readonly nodeName: string;
  /** Undefined: no policy selected the pod. */
  readonly marks: Marks | undefined;
  /** Latest version of the pod that a Binding to it named: it cannot land on a later one. Undefined: none was named. */
  readonly version: string | undefined;
}
