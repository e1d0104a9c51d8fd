/**
 * Figures of policies in the form of their metrics.
 *
 * @module
 */

/** Why pods wait. */
export const WAITING_REASONS = ['at-max', 'below-max', 'gated', 'conflict', 'no-group'] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** Names a policy. */
export interface PolicyName {
  readonly namespace: string;
  readonly name: string;
}

export interface PolicySample extends PolicyName {
  readonly groups: number;
  readonly waiting: Readonly<Record<WaitingReason, number>>;
  /** Whether each is True, by type; empty until the status was looked at. */
  readonly conditions: Readonly<Record<string, boolean>>;
  /** In order. */
  readonly units: readonly UnitSample[];
  /** Undefined: there is no price list. */
  readonly spend: SpendSample | undefined;
}

/** The help texts of the metrics, which have the same names, say what each means. */
export interface UnitSample {
  readonly name: string;
  /** From 1. */
  readonly index: number;
  /** Empty: nodes of any kind. */
  readonly resource: string;
  readonly bound: number;
  readonly reserved: number;
  /** Undefined: no limit. */
  readonly max: number | undefined;
  readonly fullestGroup: number;
  readonly groupsAtMax: number;
  readonly groupsOverMax: number;
  readonly nodes: number;
  readonly resources: readonly { readonly name: string; readonly used: number; readonly max: number }[];
}

export interface SpendSample {
  readonly currency: string;
  readonly lines: readonly { readonly price: string; readonly isSpot: boolean; readonly perHour: number }[];
  readonly unpricedPods: number;
}
