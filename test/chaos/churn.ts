/**
 * Pods come and go for a long time, without any fault, and the extender's memory is watched.
 *
 * @module
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checker } from './checker.ts';
import { Load } from './load/load.ts';
import { CHURN_LOAD } from './load/sizes.ts';
import { Random } from './random.ts';
import type { ArenaOptions, OpenArena } from './setup.ts';
import { inArena } from './setup.ts';
import { TENANTS } from './tenants.ts';
import { startTimeline } from './timeline.ts';
import type { Patience, Verdict } from './verdict.ts';
import { settle } from './verdict.ts';

export interface ChurnOptions {
  readonly forMs: number;
  readonly settling: Patience;
  readonly dir: string;
  readonly tell: (line: string) => void;
}

/** One look at the run and at the extender's memory. */
export interface ChurnSample {
  readonly minutes: number;
  readonly rssMib: number;
  readonly heapMib: number;
  readonly pods: number;
  readonly created: number;
  readonly placed: number;
  readonly deleted: number;
}

export interface ChurnResult {
  readonly samples: readonly ChurnSample[];
  readonly verdict: Verdict;
}

const SAMPLE_EVERY_MS = 5_000;
const TELL_EVERY_MS = 60_000;
const MIB = 2 ** 20;

/** Plays it; the cluster is gone afterwards, whatever happens. */
export async function runChurn(options: ChurnOptions): Promise<ChurnResult> {
  const checker = new Checker(
    TENANTS.map(({ limits }) => limits),
    () => performance.now(),
  );
  const { dir } = options;
  const arena: ArenaOptions = {
    checker,
    tenants: TENANTS,
    replicas: 1,
    isGated: false,
    imports: ['memory'],
    dir,
    flags: [],
  };
  return inArena(arena, (open) => churnIn(open, { ...options, checker }));
}

async function churnIn(
  { calls, replicas, history }: OpenArena,
  { forMs, settling, dir, tell, checker }: ChurnOptions & { checker: Checker },
): Promise<ChurnResult> {
  const load = new Load({ calls, checker, tenants: TENANTS, size: CHURN_LOAD, random: new Random(1) });
  const stopTimeline = startTimeline(join(dir, 'timeline.csv'), checker);
  try {
    load.start();
    const startedMs = performance.now();
    const samples: ChurnSample[] = [];
    let toldMs = startedMs;
    while (performance.now() - startedMs < forMs) {
      await sleep(SAMPLE_EVERY_MS);
      const memory = replicas[0]?.memory.samples.at(-1);
      if (memory === undefined) continue;
      samples.push({
        minutes: (performance.now() - startedMs) / 60_000,
        rssMib: memory.rss / MIB,
        heapMib: memory.heapUsed / MIB,
        pods: checker.total,
        created: load.created,
        placed: checker.placed,
        deleted: load.deleted,
      });
      if (performance.now() - toldMs < TELL_EVERY_MS) continue;
      toldMs = performance.now();
      tell(lineOf(samples));
      history.throwIfLost();
    }
    await load.stop();
    const verdict = await settle(checker, settling);
    await history.caughtUp();
    return { samples, verdict };
  } finally {
    stopTimeline();
  }
}

function lineOf(samples: readonly ChurnSample[]): string {
  const last = samples.at(-1);
  if (last === undefined) return '';
  const { minutes, rssMib, heapMib, pods, created, deleted } = last;
  return `${minutes.toFixed(0).padStart(3)} min: ${created} created, ${deleted} deleted, ${pods} there; RSS ${rssMib.toFixed(0)} MiB, heap ${heapMib.toFixed(0)} MiB`;
}
