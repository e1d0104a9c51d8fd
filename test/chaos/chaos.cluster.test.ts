/**
 * The chaos run in short: `npm run test:chaos` is the long one. Nothing here depends on how fast the machine is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FaultKind } from './faults/kinds.ts';
import { kindsFor } from './faults/kinds.ts';
import { SHORT_LOAD } from './load/sizes.ts';
import { broken, reportOn } from './report.ts';
import { run } from './run.ts';
import { SHORT_DURATIONS } from './schedule.ts';

const SEED = 20_261_121;
/** What takes a minute to be noticed, or to be void, is for the long run. */
const SLOW: readonly FaultKind[] = ['connections-half-open', 'token-revoked', 'binds-late', 'patches-late'];

test('half a minute of faults under load: no limit is broken, and nobody is stuck', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'chaos-'));

  const result = await run({
    seed: SEED,
    forMs: 25_000,
    kinds: kindsFor(1).filter((kind) => !SLOW.includes(kind)),
    durations: SHORT_DURATIONS,
    replicas: 1,
    load: SHORT_LOAD,
    recoveryMs: 20_000,
    settling: { idleMs: 90_000, timeoutMs: 200_000, calmMs: 1_000 },
    dir,
    flags: [],
    tell: () => undefined,
  });

  const report = reportOn(`seed ${SEED}`, result);
  expect({ broken: broken(report), verdict: result.verdict, logs: dir }).toMatchObject({ broken: [] });
  expect(result.played.flatMap(({ failures }) => failures)).toEqual([]);
  expect(report.faults).toBeGreaterThan(3);
  expect(result.verdict.fullGroups).toBeGreaterThan(0);
  // Who looks for the cause of a failure needs them.
  rmSync(dir, { recursive: true });
});
