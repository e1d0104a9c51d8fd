/**
 * One burst of pods, and SIGKILLs of the extender all through it.
 *
 * @module
 */
import { waitUntil } from '../control-plane/wait.ts';
import type { Arena } from './arena.ts';
import { Checker } from './checker.ts';
import { eachOf } from './load/each-of.ts';
import { podOf } from './manifests.ts';
import type { ArenaOptions, OpenArena } from './setup.ts';
import { inArena } from './setup.ts';
import type { Tenant } from './tenants.ts';
import { TENANTS } from './tenants.ts';
import type { Patience, Verdict } from './verdict.ts';
import { settle } from './verdict.ts';

export interface KillsOptions {
  readonly kills: number;
  /** Pods of the burst; rounded up to whole jobs. */
  readonly pods: number;
  readonly settling: Patience;
  /** Longest time for the burst to be placed. */
  readonly timeoutMs: number;
  readonly dir: string;
  readonly tell: (line: string) => void;
}

export interface KillsResult {
  readonly kills: number;
  readonly pods: number;
  readonly jobs: number;
  /** Jobs whose every unit is exactly full. */
  readonly fullJobs: number;
  /** From each start until it said to be ready, in milliseconds; undefined: it never did. */
  readonly readyMs: readonly (number | undefined)[];
  readonly verdict: Verdict;
  readonly tookMs: number;
}

const JOB_SIZE = 50;
const [SPARK] = TENANTS;
const PLACES = 48;

/** Plays it; the cluster is gone afterwards, whatever happens. */
export async function runKills(options: KillsOptions): Promise<KillsResult> {
  if (SPARK === undefined) throw new Error('there are no tenants');
  const tenant: Tenant = { ...SPARK, jobSize: JOB_SIZE };
  const checker = new Checker([tenant.limits], () => performance.now());
  const { dir } = options;
  const arena: ArenaOptions = {
    checker,
    tenants: [tenant],
    replicas: 1,
    isGated: false,
    imports: [],
    dir,
    flags: [],
  };
  return inArena(arena, (open) => killsIn(open, { ...options, tenant, checker }));
}

async function killsIn(
  arena: OpenArena,
  options: KillsOptions & { tenant: Tenant; checker: Checker },
): Promise<KillsResult> {
  const { tenant, checker, timeoutMs } = options;
  const { namespace } = tenant.limits;
  const startedMs = performance.now();
  const jobs = Array.from({ length: Math.ceil(options.pods / JOB_SIZE) }, (_, job) => `job-${job}`);
  const indices = Array.from({ length: JOB_SIZE }, (_, index) => index);
  const pods = indices.flatMap((index) => jobs.map((job) => podOf(tenant, job, index)));
  const places = jobs.length * PLACES;
  await atOnce(arena, async () => {
    await eachOf(pods, async (pod) => {
      await arena.calls.call('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
    });
  });
  const readyMs = await killAllThrough(arena, { ...options, places });
  await waitUntil('all places are taken', () => checker.placed >= places, {
    timeoutMs,
    intervalMs: 250,
  }).catch(() => undefined);
  const verdict = await settle(checker, options.settling);
  await arena.history.caughtUp();
  const full = [...checker.groups].filter(({ limits, used }) =>
    limits.units.every((unit) => used.get(unit)?.pods === unit.max),
  );
  return {
    kills: readyMs.length,
    pods: pods.length,
    jobs: jobs.length,
    fullJobs: full.length,
    readyMs,
    verdict,
    tookMs: performance.now() - startedMs,
  };
}

/** What is created by `create` comes to kube-scheduler in one piece: it is down meanwhile. */
async function atOnce({ replicas }: Arena, create: () => Promise<void>): Promise<void> {
  await Promise.all(replicas.map(({ scheduler }) => scheduler.kill()));
  await create();
  await Promise.all(replicas.map(({ scheduler }) => scheduler.revive()));
}

/** Spread evenly over the pods that are placed. */
async function killAllThrough(
  { replicas }: Arena,
  {
    kills,
    checker,
    places,
    timeoutMs,
    tell,
  }: Pick<KillsOptions, 'kills' | 'timeoutMs' | 'tell'> & { checker: Checker; places: number },
): Promise<(number | undefined)[]> {
  const readyMs: (number | undefined)[] = [];
  const [replica] = replicas;
  if (replica === undefined) throw new Error('there is no replica');
  const { extender } = replica;
  for (let kill = 1; kill <= kills; kill += 1) {
    const target = Math.floor((places * kill) / (kills + 1));
    await waitUntil(`${target} pods are placed`, () => checker.placed >= target, {
      timeoutMs,
      intervalMs: 20,
    });
    await extender.kill();
    await extender.start();
    const ready = await extender.ready(60_000);
    readyMs.push(ready);
    const state = `${checker.placed} of ${places} placed, ${checker.overshoots.length} over`;
    tell(
      `kill ${kill}: ready after ${ready === undefined ? '–' : `${(ready / 1000).toFixed(2)} s`} (${state})`,
    );
  }
  return readyMs;
}
