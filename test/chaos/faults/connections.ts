/**
 * Faults of the connections between an extender and the API server, below HTTP and TLS.
 *
 * @module
 */
import type { Arena } from '../arena.ts';
import { someReplica } from '../arena.ts';
import type { Random } from '../random.ts';
import type { Fault } from './kinds.ts';

export async function reset(_fault: Fault, arena: Arena, random: Random): Promise<void> {
  (await someReplica(arena, random)).tcp.reset();
}

export async function refuse({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { tcp } = await someReplica(arena, random);
  tcp.shut();
  await arena.pause(forMs);
  tcp.open();
}

export async function slow({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { tcp } = await someReplica(arena, random);
  const mostMs = random.integer(50, 1_500);
  tcp.slow(() => random.integer(0, mostMs));
  await arena.pause(forMs);
  tcp.slow(undefined);
}

/** Half of the time somebody on the way notices at the end; otherwise it is left to the extender. */
export async function deafen({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { tcp } = await someReplica(arena, random);
  tcp.deafen();
  await arena.pause(forMs);
  if (random.chance(0.5)) tcp.reset();
}
