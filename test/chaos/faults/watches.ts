/**
 * Faults of the watches of an extender.
 *
 * @module
 */
import type { Arena } from '../arena.ts';
import { someReplica } from '../arena.ts';
import type { Random } from '../random.ts';
import type { Fault } from './kinds.ts';

export async function end(_fault: Fault, arena: Arena, random: Random): Promise<void> {
  for (const watch of (await someReplica(arena, random)).http.watches) watch.end();
}

export async function cut(_fault: Fault, arena: Arena, random: Random): Promise<void> {
  const how = random.pick(['broken', 'in-order'] as const);
  for (const watch of (await someReplica(arena, random)).http.watches) watch.cutMidLine(how);
}

export async function late({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { watches } = (await someReplica(arena, random)).http;
  for (const watch of watches) watch.hold();
  await arena.pause(forMs);
  for (const watch of watches) watch.release();
}

export async function expire(_fault: Fault, arena: Arena, random: Random): Promise<void> {
  for (const watch of (await someReplica(arena, random)).http.watches) watch.expire();
}
