/**
 * The record of a cluster: a file in its folder that says who owns it, which ports are its own and whether it is to
 * outlive its owner. The records are all that is known about clusters between processes.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir, clustersDir } from './paths.ts';
import { portPicker } from './ports.ts';
import { isThere, readProcess } from './process-table.ts';
import { hasErrorCode } from './system-error.ts';

/** The ports of a cluster's components, all on 127.0.0.1. */
export interface ClusterPorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

/** What the record file of a cluster holds. */
export interface ClusterRecord {
  readonly name: string;
  /** The cluster's folder, spelled as in the command lines of its processes. */
  readonly workDir: string;
  /** A folder in the system's temporary one that stands in for our cache folder, when its own path will not do. */
  readonly aliasDir: string | undefined;
  readonly ownerPid: number;
  /** With the pid: which process. */
  readonly ownerStartedAt: string;
  readonly ports: ClusterPorts;
  /** Whether the cluster outlives its owner. */
  readonly kept: boolean;
}

/** The name of the record in a cluster's folder. */
export const recordFile = 'cluster.json';
const unclaimedPrefix = '.unclaimed-';

/**
 * Makes the folder and the record of a new cluster, with ports that no other cluster of this checkout has. The folder
 * appears with its record in it, at once. The caller holds the clusters' lock.
 *
 * @throws when a cluster of that name exists
 */
export async function claimCluster(name: string): Promise<ClusterRecord> {
  const pickPort = portPicker(listRecords().flatMap(({ ports }) => Object.values<number>({ ...ports })));
  const aliasDir = isPlain(cacheDir) ? undefined : makeAlias();
  const record: ClusterRecord = {
    name,
    workDir: join(aliasDir === undefined ? cacheDir : join(aliasDir, 'cache'), 'clusters', name),
    aliasDir,
    ownerPid: process.pid,
    ownerStartedAt: readProcess(process.pid)?.startedAt ?? '',
    ports: {
      etcd: await pickPort(),
      etcdPeer: await pickPort(),
      apiServer: await pickPort(),
      controllerManager: await pickPort(),
      scheduler: await pickPort(),
      kwok: await pickPort(),
    },
    kept: false,
  };
  const unclaimed = mkdtempSync(join(clustersDir, unclaimedPrefix));
  try {
    writeFileSync(join(unclaimed, recordFile), JSON.stringify(record, undefined, 2));
    renameSync(unclaimed, join(clustersDir, name));
  } catch (error) {
    rmSync(unclaimed, { recursive: true, force: true });
    removeAlias(record);
    if (!hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    throw new Error(`there is a cluster named ${name} already`, { cause: error });
  }
  return record;
}

/** kwokctl cuts KWOK_WORKDIR at white space and reads the paths of programs as URLs. */
function isPlain(path: string): boolean {
  return /^[\w./@+-]+$/.test(path);
}

function makeAlias(): string {
  const aliasDir = mkdtempSync(join(tmpdir(), 'resource-policy-'));
  symlinkSync(cacheDir, join(aliasDir, 'cache'));
  return aliasDir;
}

/** Removes the stand-in for the cache folder, if the cluster has one. Never follows it. */
export function removeAlias({ aliasDir }: ClusterRecord): void {
  if (aliasDir !== undefined) rmSync(aliasDir, { recursive: true, force: true });
}

/** The records of every cluster of this checkout, living or orphaned. */
export function listRecords(): ClusterRecord[] {
  return clusterFolders().flatMap((folder) => readRecord(folder) ?? []);
}

/** The folders that hold no record and have not changed for a minute: what an interrupted removal left behind. */
export function listRemains(): string[] {
  return clusterFolders()
    .filter((folder) => readRecord(folder) === undefined)
    .map((folder) => join(clustersDir, folder))
    .filter((path) => {
      const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      return changedMs !== undefined && Date.now() - changedMs > 60_000;
    });
}

function clusterFolders(): string[] {
  mkdirSync(clustersDir, { recursive: true });
  return readdirSync(clustersDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function readRecord(folder: string): ClusterRecord | undefined {
  try {
    const record: ClusterRecord = JSON.parse(readFileSync(join(clustersDir, folder, recordFile), 'utf8'));
    return record;
  } catch {
    return undefined;
  }
}

/** Writes on record that the cluster outlives its owner. */
export function recordKept(record: ClusterRecord): ClusterRecord {
  const kept = { ...record, kept: true };
  const file = join(clustersDir, record.name, recordFile);
  const written = `${file}.${randomUUID()}`;
  writeFileSync(written, JSON.stringify(kept, undefined, 2));
  renameSync(written, file);
  return kept;
}

/** Whether the process that started the cluster is alive. */
export function ownerLives({ ownerPid, ownerStartedAt }: ClusterRecord): boolean {
  return isThere({ pid: ownerPid, startedAt: ownerStartedAt });
}
