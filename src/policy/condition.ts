/**
 * Conditions of a policy's status, in the form of Kubernetes' metav1.Condition. Pure.
 *
 * @module
 */

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase, for programs. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  readonly observedGeneration: number;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
}

/** A condition as it should be, before it is known whether anything changed. */
export type WantedCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The conditions to write, or undefined when those that stand already say the same.
 *
 * @param now RFC 3339 time for conditions whose status changes.
 */
export function changedConditions(
  standing: readonly Condition[],
  wanted: readonly WantedCondition[],
  generation: number,
  now: string,
): readonly Condition[] | undefined {
  const next = wanted.map((condition) => {
    const old = standing.find(({ type }) => type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now;
    return { ...condition, observedGeneration: generation, lastTransitionTime };
  });
  const isSame =
    next.length === standing.length &&
    next.every((condition) => standing.some((old) => equal(old, condition)));
  return isSame ? undefined : next;
}

function equal(a: Condition, b: Condition): boolean {
  return (
    a.type === b.type &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
