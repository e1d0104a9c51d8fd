/**
 * The order of the runs, and how long the rest of them may take.
 *
 * @module
 */

export interface Step<Variant> {
  readonly variant: Variant;
  /** From 1. */
  readonly round: number;
}

/** Every variant once per round; every other round goes backward, so that none is always first. */
export function planRuns<Variant>(variants: readonly Variant[], rounds: number): readonly Step<Variant>[] {
  return Array.from({ length: rounds }, (_, index) => {
    const order = index % 2 === 0 ? variants : variants.toReversed();
    return order.map((variant) => ({ variant, round: index + 1 }));
  }).flat();
}

/**
 * Seconds that the remaining runs will take, if each is like those of its variant before it, or like all before it.
 * Undefined before the first has ended.
 */
export function secondsLeft(
  done: readonly { readonly variant: string; readonly seconds: number }[],
  remaining: readonly string[],
): number | undefined {
  const all = mean(done.map(({ seconds }) => seconds));
  if (all === undefined) return undefined;
  return remaining.reduce((sum, id) => {
    const own = mean(done.filter(({ variant }) => variant === id).map(({ seconds }) => seconds));
    return sum + (own ?? all);
  }, 0);
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
