/**
 * Everything that faults are done to.
 *
 * @module
 */
import type { Etcd } from './history/etcd.ts';
import type { History } from './history/history.ts';
import type { Extender } from './processes/extender.ts';
import type { Keeper } from './processes/keeper.ts';
import { leads } from './processes/schedulers.ts';
import type { HttpGate } from './proxy/http-gate.ts';
import type { TcpGate } from './proxy/tcp-gate.ts';
import type { MemoryLog } from './processes/memory-log.ts';
import type { WallClock } from './processes/wall-clock.ts';
import type { Token } from './processes/token.ts';
import type { Random } from './random.ts';

/** A kube-scheduler with the extender beside it, and the way from there to the API server. */
export interface Replica {
  readonly extender: Extender;
  readonly scheduler: Keeper;
  /** The extender speaks with this one, */
  readonly tcp: TcpGate;
  /** which passes its bytes on to this one. */
  readonly http: HttpGate;
  readonly token: Token;
  readonly clock: WallClock;
  readonly memory: MemoryLog;
}

export interface Arena {
  readonly replicas: readonly Replica[];
  readonly apiServer: Keeper;
  readonly etcd: Keeper;
  readonly store: Etcd;
  readonly history: History;
  /** Resolves after this time, or early when the run is given up. */
  pause(ms: number): Promise<void>;
}

/** The replica whose kube-scheduler leads, as far as it can be told; one of all otherwise. */
export async function leadingReplica({ replicas }: Arena, random: Random): Promise<Replica> {
  if (replicas.length === 1) return random.pick(replicas);
  const found = await Promise.all(
    replicas.map(async (replica) => ({ replica, leads: await leads(replica.scheduler.component) })),
  );
  return found.find((each) => each.leads === true)?.replica ?? random.pick(replicas);
}

/** Mostly the one that leads: with another one a fault would go unnoticed. */
export async function someReplica(arena: Arena, random: Random): Promise<Replica> {
  const leader = await leadingReplica(arena, random);
  return random.chance(0.75) ? leader : random.pick(arena.replicas);
}
