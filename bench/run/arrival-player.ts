/**
 * Creates pods when they are due, whether the API server keeps up or not.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECTIONS } from '../cluster/pods-api.ts';
import { inParallel } from '../cluster/in-parallel.ts';
import { dueMs } from '../workload/arrival.ts';
import type { Arrival } from '../workload/format.ts';

/**
 * Resolves when every pod was created, with how much later than it was due the latest was sent.
 *
 * @throws what `create` threw first
 */
export async function playArrival<Pod>(
  pods: readonly Pod[],
  arrival: Arrival,
  create: (pod: Pod) => Promise<void>,
): Promise<number> {
  if (arrival.kind === 'once') {
    await inParallel(pods, CONNECTIONS, create);
    return 0;
  }
  const startMs = performance.now();
  const sent: Promise<void>[] = [];
  const failures: unknown[] = [];
  let latestMs = 0;
  for (const [index, pod] of pods.entries()) {
    const due = dueMs(arrival, index);
    const leftMs = due - (performance.now() - startMs);
    // Timers drop the fraction of a millisecond.
    if (leftMs > 0) await sleep(Math.ceil(leftMs));
    if (failures.length > 0) break;
    latestMs = Math.max(latestMs, performance.now() - startMs - due);
    sent.push(create(pod).catch((error: unknown) => void failures.push(error)));
  }
  await Promise.all(sent);
  if (failures.length > 0) throw failures[0];
  return latestMs;
}
