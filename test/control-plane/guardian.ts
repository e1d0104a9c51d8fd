/**
 * A process that outlives the owner of clusters and removes them when the owner ends without doing so itself: killed
 * with SIGKILL, as a test runner does to its workers when it is interrupted. Run as a program, this file is that
 * process.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { clustersDir } from './paths.ts';
import { isThere, readProcess } from './process-table.ts';
import { sweepOrphans } from './removal.ts';
import { waitUntil } from './wait.ts';

let started = false;

/** Starts the guardian of this process, unless it has one. It ends soon after this process. */
export function startGuardian(): void {
  if (started) return;
  started = true;
  const owner = [process.pid, readProcess(process.pid)?.startedAt ?? ''].map(String);
  const guardian = spawn(process.execPath, [import.meta.filename, ...owner], {
    // Ctrl-C in the terminal must not end it together with its owner.
    detached: true,
    // The pipe that nothing is ever written to: it closes with the owner, however the owner ends.
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it, what SIGKILL leaves behind waits for the next start's sweep.
  guardian.on('error', () => undefined);
  guardian.stdin.on('error', () => undefined);
  guardian.unref();
  if ('unref' in guardian.stdin && typeof guardian.stdin.unref === 'function') guardian.stdin.unref();
}

async function guard(owner: { readonly pid: number; readonly startedAt: string }): Promise<void> {
  await process.stdin.resume().toArray();
  await waitUntil('the owner has ended', () => !isThere(owner), { intervalMs: 5 });
  await withLock(join(clustersDir, '.lock'), sweepOrphans);
}

if (import.meta.main) {
  const [pid = '', startedAt = ''] = process.argv.slice(2);
  await guard({ pid: Number(pid), startedAt });
}
