/**
 * One run: a cluster under load, faults one after the other, and in the end a verdict.
 *
 * @module
 */
import { join } from 'node:path';
import { waitUntil } from '../control-plane/wait.ts';
import type { Arena } from './arena.ts';
import { Checker } from './checker.ts';
import type { LogFindings } from './extender-log.ts';
import { findingsIn } from './extender-log.ts';
import { heal, inject } from './faults/inject.ts';
import type { FaultKind } from './faults/kinds.ts';
import type { LoadSize } from './load/load.ts';
import { Load } from './load/load.ts';
import { placeablePods } from './placeable.ts';
import { Random } from './random.ts';
import type { Recovery } from './recovery.ts';
import { recovery } from './recovery.ts';
import type { Durations, Episode } from './schedule.ts';
import { episodes } from './schedule.ts';
import type { ArenaOptions, OpenArena } from './setup.ts';
import { inArena } from './setup.ts';
import { TENANTS } from './tenants.ts';
import { startTimeline } from './timeline.ts';
import type { Patience, Verdict } from './verdict.ts';
import { settle } from './verdict.ts';

export interface RunOptions {
  readonly seed: number;
  /** How long faults are injected, in milliseconds. */
  readonly forMs: number;
  readonly kinds: readonly FaultKind[];
  readonly durations: Durations;
  readonly replicas: number;
  readonly load: LoadSize;
  /** Longest wait for the next placement after a fault; after that the next fault comes all the same. */
  readonly recoveryMs: number;
  readonly settling: Patience;
  /** Where logs are kept; made if need be. */
  readonly dir: string;
  /** Further flags of `serve`. */
  readonly flags: readonly string[];
  readonly tell: (line: string) => void;
}

/** An episode as it went. */
export interface Played {
  readonly episode: Episode;
  /** From the beginning of the run, in milliseconds. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly recovery: Recovery;
  /** What could not be injected; empty as a rule. */
  readonly failures: readonly string[];
}

export interface RunResult {
  readonly played: readonly Played[];
  readonly verdict: Verdict;
  readonly placed: number;
  readonly created: number;
  readonly deleted: number;
  readonly bursts: number;
  readonly largestBurst: number;
  /** Changes of pods that the checker looked at. */
  readonly changes: number;
  /** Requests of extenders that were refused, held back or left unanswered. */
  readonly treatedRequests: number;
  /** Times at which kube-scheduler or API server ended by themselves and were started again. */
  readonly revivals: number;
  /** Ends of extenders that nobody asked for. */
  readonly unaskedEnds: readonly string[];
  readonly log: LogFindings;
  readonly tookMs: number;
}

/** Plays a run; the cluster is gone afterwards, whatever happens. */
export async function run(options: RunOptions): Promise<RunResult> {
  const checker = new Checker(
    TENANTS.map(({ limits }) => limits),
    () => performance.now(),
  );
  const { replicas, dir, flags } = options;
  const arena: ArenaOptions = {
    checker,
    tenants: TENANTS,
    replicas,
    isGated: true,
    imports: ['clock'],
    dir,
    flags,
  };
  return inArena(arena, (open) => runIn(open, { ...options, checker }));
}

async function runIn(arena: OpenArena, options: RunOptions & { checker: Checker }): Promise<RunResult> {
  const startedMs = performance.now();
  const { seed, load: size, dir, checker } = options;
  const load = new Load({
    calls: arena.calls,
    checker,
    tenants: TENANTS,
    size,
    random: new Random(seed + 1),
  });
  const stopTimeline = startTimeline(join(dir, 'timeline.csv'), checker);
  try {
    load.start();
    await waitUntil('the first pods are placed', () => checker.placed > 0, { timeoutMs: 120_000 });
    const played = await play(arena, options);
    options.tell('faults are over: filling every job, then waiting until everything is right');
    await heal(arena);
    await load.stop();
    await load.fill();
    await arena.history.caughtUp();
    const verdict = await settle(checker, options.settling);
    await arena.history.caughtUp();
    const { created, deleted, bursts, largestBurst } = load;
    const { placed, changes } = checker;
    const figures = { played, verdict, placed, created, deleted, bursts, largestBurst, changes };
    return { ...figures, ...(await findings(arena, dir)), tookMs: performance.now() - startedMs };
  } finally {
    stopTimeline();
  }
}

async function findings(
  { replicas, apiServer }: Arena,
  dir: string,
): Promise<Pick<RunResult, 'treatedRequests' | 'revivals' | 'unaskedEnds' | 'log'>> {
  const kept = [apiServer, ...replicas.map(({ scheduler }) => scheduler)];
  return {
    treatedRequests: replicas.reduce((sum, { http }) => sum + http.treated, 0),
    revivals: kept.reduce((sum, { revivals }) => sum + revivals, 0),
    unaskedEnds: replicas.flatMap(({ extender }) => extender.unasked),
    log: await findingsIn(replicas.map(({ extender }) => join(dir, extender.logName))),
  };
}

async function play(
  arena: Arena,
  { seed, kinds, durations, forMs, recoveryMs, checker, tell }: RunOptions & { checker: Checker },
): Promise<Played[]> {
  const startedMs = performance.now();
  const played: Played[] = [];
  for (const episode of episodes({ seed, kinds, durations })) {
    const atMs = performance.now() - startedMs;
    if (atMs >= forMs) break;
    const outcomes = await Promise.all(episode.faults.map((fault) => inject(fault, arena)));
    const failures = outcomes.flatMap((error) => (error === undefined ? [] : [error.message]));
    const tookMs = performance.now() - startedMs - atMs;
    const watching = { checker, patienceMs: recoveryMs, idleMs: 1_000, now: () => performance.now() };
    const one = { episode, atMs, tookMs, recovery: await recovery(watching), failures };
    played.push(one);
    tell(lineOf(one, checker));
    arena.history.throwIfLost();
  }
  return played;
}

function lineOf({ episode, atMs, recovery: { nextMs, isLate }, failures }: Played, checker: Checker): string {
  const next = nextMs === undefined ? 'nothing to place' : seconds(nextMs);
  const parts = episode.faults.map(({ kind, forMs }) => `${kind} ${seconds(forMs)}`).join(' + ');
  const state = `${checker.placed} placed, ${placeablePods(checker).length} to go, ${checker.overshoots.length} over`;
  const line = `${seconds(atMs).padStart(8)}  ${parts} → ${isLate ? 'NOT YET PLACING' : next} (${state})`;
  return [line, ...failures].join('\n  ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
