/**
 * Removing clusters: ending their processes and deleting their folders. Synchronous, so that it also works while
 * the owner is on its way out, and it needs no kwokctl, so that it works on a cluster that is half made.
 *
 * @module
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  recordFile,
  listRecords,
  listRemains,
  ownerLives,
  removeAlias,
  type ClusterRecord,
} from './cluster-record.ts';
import { clustersDir } from './paths.ts';
import { isThere, listProcesses, type ProcessInfo } from './process-table.ts';
import { hasErrorCode } from './system-error.ts';

/** Name of the file in a cluster's folder that kwokctl is given; it tells whose kwokctl a process is. */
export const kwokctlConfigFile = 'kwokctl.yaml';

/** The living processes that belong to the cluster whose folder this is. Everyone else's processes never match. */
export function processesOf(workDir: string): ProcessInfo[] {
  // kwokctl runs every component through a link in the cluster's own bin folder.
  const component = `${workDir}/bin/`;
  const kwokctl = `kwokctl create cluster --config ${workDir}/${kwokctlConfigFile} `;
  return listProcesses().filter(
    ({ commandLine }) => commandLine.startsWith(component) || commandLine.includes(kwokctl),
  );
}

/**
 * Kills every process of the cluster and deletes its folder. Removing what is already gone is fine.
 *
 * @throws when a process survives SIGKILL for 10 seconds; the folder is left then
 */
export function removeCluster(record: ClusterRecord): void {
  endProcesses(record);
  removeFolder(join(clustersDir, record.name));
  removeAlias(record);
}

function endProcesses({ name, workDir }: ClusterRecord): void {
  const deadlineMs = performance.now() + 10_000;
  let dying: ProcessInfo[] = [];
  for (;;) {
    // One look is not enough: a kwokctl that dies may just have started a component. And a dying process loses its
    // command line some time before it is gone and its files and ports are free.
    const found = processesOf(workDir);
    dying = [...found, ...dying.filter(isThere)];
    if (dying.length === 0) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`cluster ${name}: processes ${dying.map(({ pid }) => pid).join(', ')} do not end`);
    }
    for (const { pid } of found) killIfThere(pid);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** Deletes the record last: whoever is interrupted here leaves a cluster that the next sweep still recognises. */
function removeFolder(folder: string): void {
  const entries = existsSync(folder) ? readdirSync(folder) : [];
  for (const entry of entries.filter((name) => name !== recordFile)) {
    rmSync(join(folder, entry), { recursive: true, force: true, maxRetries: 3 });
  }
  rmSync(folder, { recursive: true, force: true });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasErrorCode(error, 'ESRCH')) throw error;
  }
}

/**
 * Removes the clusters of this checkout whose owner is dead, unless they were kept. The caller holds the clusters'
 * lock, so that no new cluster takes the name of one that is being removed.
 *
 * @returns the names of the removed clusters
 */
export function sweepOrphans(): string[] {
  const orphans = listRecords().filter((record) => !record.kept && !ownerLives(record));
  for (const orphan of orphans) removeCluster(orphan);
  for (const folder of listRemains()) rmSync(folder, { recursive: true, force: true });
  return orphans.map(({ name }) => name);
}
