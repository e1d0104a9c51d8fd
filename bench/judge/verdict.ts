/**
 * Whether a run counts.
 *
 * @module
 */
import type { Judgement } from './checker.ts';

export interface Outcome {
  readonly keepsPolicy: boolean;
  readonly expected: number;
  readonly bound: number;
  /** Why it ended early; undefined: all pods that were expected got a node. */
  readonly endedBy: string | undefined;
  readonly judgement: Judgement;
}

/** What makes a run wrong: it is shown, and no average includes it. Empty: it counts. */
export function faultsOf({ keepsPolicy, expected, bound, endedBy, judgement }: Outcome): readonly string[] {
  const faults: string[] = [];
  if (endedBy !== undefined) faults.push(`${bound} of ${expected} pods got a node: ${endedBy}`);
  if (!keepsPolicy) return faults;
  const { outside, overMax, outOfOrder } = judgement;
  if (overMax > 0) faults.push(`${overMax} pods over max`);
  if (outOfOrder > 0) faults.push(`${outOfOrder} pods out of order`);
  if (outside > 0) faults.push(`${outside} pods on nodes of no unit`);
  if (bound > expected) faults.push(`${bound} pods got a node, the units take ${expected}`);
  return faults;
}
