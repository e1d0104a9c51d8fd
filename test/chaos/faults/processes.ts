/**
 * Faults of processes: killed, stopped, frozen, and back.
 *
 * @module
 */
import type { Arena, Replica } from '../arena.ts';
import { leadingReplica, someReplica } from '../arena.ts';
import type { Keeper } from '../processes/keeper.ts';
import type { Random } from '../random.ts';
import type { Fault } from './kinds.ts';

export async function killExtender({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { extender } = await someReplica(arena, random);
  await extender.kill();
  await restPerhaps(forMs, arena, random);
  await extender.start();
}

export async function stopExtender(_fault: Fault, arena: Arena, random: Random): Promise<void> {
  const { extender } = await someReplica(arena, random);
  await extender.stop();
  await extender.start();
}

export async function freezeExtender({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { extender } = await someReplica(arena, random);
  extender.freeze();
  await arena.pause(forMs);
  extender.thaw();
}

export async function killScheduler({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { scheduler } = await someReplica(arena, random);
  await scheduler.kill();
  await restPerhaps(forMs, arena, random);
  await scheduler.revive();
}

export async function freezeScheduler({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  await freeze((await someReplica(arena, random)).scheduler, forMs, arena);
}

export async function killApiServer({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  await arena.apiServer.kill();
  await restPerhaps(forMs, arena, random);
  await arena.apiServer.revive();
}

export async function freezeApiServer({ forMs }: Fault, arena: Arena): Promise<void> {
  await freeze(arena.apiServer, forMs, arena);
}

export async function freezeEtcd({ forMs }: Fault, arena: Arena): Promise<void> {
  await freeze(arena.etcd, forMs, arena);
}

export async function killLeader({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { extender, scheduler } = await leadingReplica(arena, random);
  const deaths = [() => extender.kill(), () => scheduler.kill()];
  for (const die of random.shuffled(deaths)) {
    await die();
    await arena.pause(random.integer(0, 1_000));
  }
  // Long enough for the other one to take over, or not.
  await arena.pause(forMs);
  await Promise.all([extender.start(), scheduler.revive()]);
}

export async function freezeLeader({ forMs }: Fault, arena: Arena, random: Random): Promise<void> {
  const { extender, scheduler }: Replica = await leadingReplica(arena, random);
  const isExtenderFirst = random.chance(0.5);
  const stops = [async () => extender.freeze(), () => scheduler.freeze()];
  const goesOn = [async () => extender.thaw(), () => scheduler.thaw()];
  for (const stop of isExtenderFirst ? stops : stops.toReversed()) await stop();
  await arena.pause(forMs);
  for (const goOn of random.shuffled(goesOn)) {
    await goOn();
    await arena.pause(random.integer(0, 1_000));
  }
}

async function freeze(keeper: Keeper, forMs: number, arena: Arena): Promise<void> {
  await keeper.freeze();
  await arena.pause(forMs);
  await keeper.thaw();
}

/** Half of the time what was killed is back at once, as under a supervisor. */
async function restPerhaps(forMs: number, arena: Arena, random: Random): Promise<void> {
  await arena.pause(random.chance(0.5) ? 0 : forMs);
}
