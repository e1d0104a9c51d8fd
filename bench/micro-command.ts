/**
 * `bench micro`.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { Progress } from '../test/control-plane/progress.ts';
import type { CallFigures } from './micro/call.ts';
import { measureCall } from './micro/call.ts';
import type { CaseResult } from './micro/cases.ts';
import { CALL_SIZES, flatnessOf, microCases } from './micro/cases.ts';
import { measureDecision } from './micro/measure.ts';
import type { WorldSize } from './micro/world.ts';
import { describeMachine } from './report/machine.ts';
import { figure, textTable } from './report/text.ts';

/** 1 % of them is 20. */
const CALLS = 2_000;

export interface MicroOptions {
  /** Milliseconds per case. */
  readonly time: number;
  readonly out?: string | undefined;
}

export async function microCommand({ time, out }: MicroOptions): Promise<void> {
  const cases = microCases();
  const results: CaseResult[] = [];
  const progress = new Progress('bench micro');
  // Once for nothing: the first one would pay for the compiler's work on all of them.
  for (const each of cases.slice(0, 2)) await measureDecision(each, time);
  for (const [index, each] of cases.entries()) {
    progress.detail(`${index + 1} of ${cases.length}: ${each.varies} ${each.size[each.varies]}`);
    results.push({ ...each, ...(await measureDecision(each, time)) });
  }
  const calls: (WorldSize & CallFigures)[] = [];
  for (const size of CALL_SIZES) {
    progress.detail(`calls with ${size.candidates} names, ${size.tracked} pods`);
    calls.push({ ...size, ...(await measureCall(size, CALLS)) });
  }
  progress.end('done');
  const rows = results.map(({ varies, size, unit, p50Us, p99Us }) => [
    varies,
    ...[size.candidates, size.tracked, size.groups].map(whole),
    unit,
    figure(p50Us),
    figure(p99Us),
  ]);
  const header = ['varied', 'candidates', 'tracked\npods', 'groups', 'unit', 'p50\nµs', 'p99\nµs'];
  process.stdout.write(`${textTable(header, rows)}\n\n`);
  const flatness = flatnessOf(results);
  for (const { varies, unit, ratio } of flatness) {
    process.stdout.write(`${varies}, ${unit} unit: the largest costs ${ratio.toFixed(2)} × the smallest\n`);
  }
  const callRows = calls.map(({ candidates, tracked, bytes, p50Us, p99Us }) => [
    ...[candidates, tracked, Math.round(bytes / 1_000)].map(whole),
    figure(p50Us),
    figure(p99Us),
  ]);
  const callHeader = ['a call with\nnames', 'tracked\npods', 'body\nkB', 'p50\nµs', 'p99\nµs'];
  process.stdout.write(`\n${textTable(callHeader, callRows)}\n`);
  if (out === undefined) return;
  const machine = { ...describeMachine(), node: process.version };
  writeFileSync(
    out,
    JSON.stringify({ startedAt: new Date().toISOString(), machine, results, flatness, calls }),
  );
}

function whole(value: number): string {
  return value.toLocaleString('en-US');
}
