/**
 * Doing a fault, and undoing it.
 *
 * @module
 */
import type { Arena } from '../arena.ts';
import { Random } from '../random.ts';
import * as answers from './answers.ts';
import * as connections from './connections.ts';
import * as hosts from './hosts.ts';
import type { Fault, FaultKind } from './kinds.ts';
import * as processes from './processes.ts';
import * as watches from './watches.ts';

/** Resolves when the fault is over and undone. */
export type Injector = (fault: Fault, arena: Arena, random: Random) => Promise<void>;

const INJECTORS: Readonly<Record<FaultKind, Injector>> = {
  'extender-kill': processes.killExtender,
  'extender-stop': processes.stopExtender,
  'extender-freeze': processes.freezeExtender,
  'scheduler-kill': processes.killScheduler,
  'scheduler-freeze': processes.freezeScheduler,
  'api-server-kill': processes.killApiServer,
  'api-server-freeze': processes.freezeApiServer,
  'etcd-freeze': processes.freezeEtcd,
  'etcd-compaction': hosts.compact,
  'connections-reset': connections.reset,
  'connections-refused': connections.refuse,
  'connections-slow': connections.slow,
  'connections-half-open': connections.deafen,
  'watches-end': watches.end,
  'watches-cut': watches.cut,
  'watches-late': watches.late,
  'watches-expire': watches.expire,
  'api-throttles': answers.throttle,
  'api-errors': answers.fail,
  'binds-slow': answers.slowBinds,
  'binds-unanswered': answers.loseBindAnswers,
  'binds-late': answers.lateBinds,
  'patches-late': answers.latePatches,
  'token-rotated': hosts.rotateToken,
  'token-revoked': hosts.revokeToken,
  'clock-step': hosts.stepClock,
  'leader-kill': processes.killLeader,
  'leader-freeze': processes.freezeLeader,
};

/** Resolves when the fault is over and undone. Never rejects: what went wrong is returned. */
export async function inject(fault: Fault, arena: Arena): Promise<Error | undefined> {
  try {
    await arena.pause(fault.atMs);
    await INJECTORS[fault.kind](fault, arena, new Random(fault.seed));
    return undefined;
  } catch (error) {
    return new Error(`${fault.kind}: ${String(error)}`, { cause: error });
  }
}

/** Ends whatever faults may have left behind. */
export async function heal({ replicas, apiServer, etcd }: Arena): Promise<void> {
  await etcd.thaw();
  await apiServer.revive();
  await apiServer.thaw();
  for (const { extender, scheduler, tcp, http, clock, token } of replicas) {
    clock.step(0);
    tcp.open();
    tcp.slow(undefined);
    for (const watch of http.watches) watch.release();
    extender.thaw();
    await extender.start();
    await scheduler.revive();
    await scheduler.thaw();
    await apiServer.component.ready();
    await token.rotate();
  }
}
