/**
 * A lock between processes of one checkout. Node has no flock, so the lock is a file that names its holder, and a
 * lock whose holder is dead is void.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeProcessEnds } from './lifetime.ts';
import { isThere, readProcess } from './process-table.ts';
import { hasErrorCode } from './system-error.ts';

/**
 * Runs `work` while this process holds the lock file, and waits for as long as a living process holds it.
 *
 * @param onWait told the holder's pid, once, when the lock is taken
 */
export async function withLock<T>(
  file: string,
  work: () => T | Promise<T>,
  onWait?: (holderPid: number) => void,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let waited = false;
  while (!tryToTake(file)) {
    const holderPid = holderOf(file)?.pid;
    if (holderPid !== undefined && !waited) {
      waited = true;
      onWait?.(holderPid);
    }
    await sleep(50);
  }
  const release = (): void => rmSync(file, { force: true });
  const withdraw = beforeProcessEnds(release);
  try {
    return await work();
  } finally {
    withdraw();
    release();
  }
}

interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

function tryToTake(file: string): boolean {
  const startedAt = readProcess(process.pid)?.startedAt ?? '';
  // Written first and linked then, so that nobody ever sees a lock that does not name its holder.
  const claim = `${file}.${process.pid}-${randomUUID()}`;
  writeFileSync(claim, JSON.stringify({ pid: process.pid, startedAt } satisfies Holder));
  try {
    linkSync(claim, file);
    return true;
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(claim, { force: true });
  }
  const holder = holderOf(file);
  // Two waiters may both see the dead holder, and the slower one then removes the faster one's fresh lock. The
  // window is the microseconds between this look and the removal; what the lock guards tolerates it.
  if (holder !== undefined && !isThere(holder)) rmSync(file, { force: true });
  return false;
}

function holderOf(file: string): Holder | undefined {
  try {
    const holder: Holder = JSON.parse(readFileSync(file, 'utf8'));
    return holder;
  } catch {
    // Released just now.
    return undefined;
  }
}
