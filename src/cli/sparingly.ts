/**
 * Tells often repeated things seldom: whoever can make the program log can otherwise fill the log.
 *
 * @module
 */

/** How often each thing happened since it was told last. */
export type Counts = Readonly<Record<string, number>>;

/**
 * The first at once; those that follow together, at most once per interval.
 *
 * @param schedule calls `run` once after the delay.
 */
export function sparingly(
  tell: (counts: Counts) => void,
  everyMs: number,
  schedule: (run: () => void, delayMs: number) => unknown,
): (what: string) => void {
  const counts = new Map<string, number>();
  let isWaiting = false;
  const flush = (): void => {
    isWaiting = counts.size > 0;
    if (!isWaiting) return;
    tell(Object.fromEntries(counts));
    counts.clear();
    schedule(flush, everyMs);
  };
  return (what) => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (!isWaiting) flush();
  };
}
