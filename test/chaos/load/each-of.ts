/**
 * Work on many things, some at a time.
 *
 * @module
 */

const WORKERS = 16;

/** Resolves when the work is done on each; rejects with the first failure. */
export async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}
