/**
 * Faults of the API server's answers to an extender.
 *
 * @module
 */
import type { Arena } from '../arena.ts';
import { someReplica } from '../arena.ts';
import type { Rule } from '../proxy/http-gate.ts';
import type { Random } from '../random.ts';
import type { Fault } from './kinds.ts';

/** Longer than the extender waits for an answer: 10 s. */
const BEYOND_DEADLINE_MS = [11_000, 16_000] as const;

export async function throttle(fault: Fault, arena: Arena, random: Random): Promise<void> {
  const share = random.pick([0.3, 0.9, 1]);
  await under(fault, arena, random, () =>
    random.chance(share)
      ? { kind: 'refuse', status: 429, retryAfterSeconds: random.integer(1, 3) }
      : undefined,
  );
}

/** A 5xx says nothing about whether the request was carried out. */
export async function fail(fault: Fault, arena: Arena, random: Random): Promise<void> {
  const share = random.pick([0.3, 0.9]);
  await under(fault, arena, random, () => {
    if (!random.chance(share)) return undefined;
    if (random.chance(0.3)) return { kind: 'lose-answer' };
    return { kind: 'refuse', status: random.pick([500, 503, 504]) };
  });
}

export async function slowBinds(fault: Fault, arena: Arena, random: Random): Promise<void> {
  await under(fault, arena, random, ({ isBinding }) => {
    if (!isBinding) return undefined;
    const ms = random.integer(200, 6_000);
    return random.chance(0.5) ? { kind: 'hold', ms } : { kind: 'hold-answer', ms };
  });
}

export async function loseBindAnswers(fault: Fault, arena: Arena, random: Random): Promise<void> {
  await under(fault, arena, random, ({ isBinding }) =>
    isBinding && random.chance(0.7) ? { kind: 'lose-answer' } : undefined,
  );
}

/** Some in time, some after the extender has stopped waiting, some after it may be another one. */
export async function lateBinds(fault: Fault, arena: Arena, random: Random): Promise<void> {
  await under(fault, arena, random, ({ isBinding }) => {
    if (!isBinding) return undefined;
    const ms = random.chance(0.5) ? random.integer(1_000, 8_000) : random.integer(...BEYOND_DEADLINE_MS);
    return { kind: 'hold', ms };
  });
}

/** Whoever wakes pods or writes status must not keep Bindings waiting. */
export async function latePatches(fault: Fault, arena: Arena, random: Random): Promise<void> {
  await under(fault, arena, random, ({ method }) =>
    method === 'PATCH' ? { kind: 'hold', ms: random.integer(...BEYOND_DEADLINE_MS) } : undefined,
  );
}

async function under({ forMs }: Fault, arena: Arena, random: Random, rule: Rule): Promise<void> {
  const remove = (await someReplica(arena, random)).http.add(rule);
  await arena.pause(forMs);
  remove();
}
