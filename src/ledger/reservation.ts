/**
 * A place held for a pod between /filter and the watch event that shows it bound.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { GroupKey } from '../policy/group.ts';
import type { ResourcePolicy, Unit } from '../policy/resource-policy.ts';

/**
 * - `reserved`: passed /filter; nothing was written. May be taken back.
 * - `binding`: a Binding is on its way. Never taken back: it may land at any moment.
 * - `uncertain`: the Binding's answer was lost; it may have landed, or land yet.
 * - `landed`: the API server confirmed the Binding; the watch has not shown it yet.
 */
export type ReservationState = 'reserved' | 'binding' | 'uncertain' | 'landed';

export interface Reservation {
  readonly pod: PodFacts;
  readonly policy: ResourcePolicy;
  readonly group: GroupKey;
  readonly unit: Unit;
  readonly state: ReservationState;
  /** Node of the Binding; absent in state `reserved`. */
  readonly nodeName: string | undefined;
  /** Bindings sent and not answered yet, all to that node: kube-scheduler may repeat one before the first is answered. */
  readonly open: number;
  /** The answer of one was lost: it may have landed or land yet, whatever becomes of the others. */
  readonly isDoubtful: boolean;
  /** When it entered its state, on the ledger's clock. */
  readonly sinceMs: number;
}

/** A pod, and the place that was chosen for it. */
export type Place = Pick<Reservation, 'pod' | 'policy' | 'group' | 'unit'>;
