/**
 * Faults around the extender: the store's history, its credentials, its host's clock.
 *
 * @module
 */
import type { Arena } from '../arena.ts';
import { someReplica } from '../arena.ts';
import type { Random } from '../random.ts';
import type { Fault } from './kinds.ts';

/** Longer than the API server remembers a good token. */
const REMEMBERED_MS = 12_000;
const HOUR_MS = 3_600_000;

export async function compact(_fault: Fault, { store, history }: Arena): Promise<void> {
  // What the checker has not read yet is not to be forgotten.
  await store.compact(await history.caughtUp(150_000));
}

export async function rotateToken(_fault: Fault, arena: Arena, random: Random): Promise<void> {
  const { token } = await someReplica(arena, random);
  await eventually(arena, () => token.rotate());
}

export async function revokeToken({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { token } = await someReplica(arena, random);
  await eventually(arena, () => token.revoke());
  await arena.pause(REMEMBERED_MS + forMs);
  await eventually(arena, () => token.rotate());
}

/** To one or more wrong times, and back to the right one. */
export async function stepClock({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { clock } = await someReplica(arena, random);
  const steps = Array.from({ length: random.integer(1, 3) }, () => (random.next() - 0.5) * 4 * HOUR_MS);
  for (const offsetMs of steps) {
    clock.step(Math.round(offsetMs));
    await arena.pause(forMs / steps.length);
  }
  clock.step(0);
}

/** The API server may be away for a while. */
async function eventually(arena: Arena, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt >= 60) throw error;
      await arena.pause(1_000);
    }
  }
}
