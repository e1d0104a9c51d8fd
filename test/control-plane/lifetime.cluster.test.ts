import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { listRecords } from './cluster-record.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import type { OwnerReport } from './owner-fixture.ts';
import { readProcess } from './process-table.ts';
import { processesOf } from './removal.ts';
import { waitUntil } from './wait.ts';

const startedOwners: ChildProcess[] = [];
const startedPlanes: ControlPlane[] = [];
const keptNames: string[] = [];

afterEach(async () => {
  for (const owner of startedOwners.splice(0)) owner.kill();
  for (const plane of startedPlanes.splice(0)) await plane.delete();
  for (const name of keptNames.splice(0)) cli('delete', name);
});

async function start(): Promise<ControlPlane> {
  const plane = await startControlPlane();
  startedPlanes.push(plane);
  return plane;
}

async function startOwner(...args: string[]): Promise<{ owner: ChildProcess; report: OwnerReport }> {
  const script = join(import.meta.dirname, 'owner-fixture.ts');
  const owner = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  startedOwners.push(owner);
  const [line]: string[] = await once(createInterface(owner.stdout), 'line');
  const report: OwnerReport = JSON.parse(line ?? '');
  return { owner, report };
}

async function end(owner: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(owner, 'exit');
  owner.kill(signal);
  await exit;
}

function living({ pids }: OwnerReport): number[] {
  return pids.filter((pid) => readProcess(pid) !== undefined);
}

function cli(...args: string[]): { status: number | null; stdout: string } {
  const script = join(import.meta.dirname, 'cli.ts');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

test('delete leaves no process and no folder, and may be called again', async () => {
  const plane = await start();
  expect(processesOf(plane.workDir)).toHaveLength(4);
  await plane.delete();
  expect(processesOf(plane.workDir)).toEqual([]);
  expect(existsSync(plane.workDir)).toBe(false);
  await expect(plane.delete()).resolves.toBeUndefined();
});

test('an owner that is killed with SIGKILL: its guardian removes its cluster', async () => {
  const { owner, report } = await startOwner();
  expect(report.pids).toHaveLength(4);
  await end(owner, 'SIGKILL');
  await waitUntil('the cluster is gone', () => living(report).length === 0 && !existsSync(report.workDir));
  await waitUntil('the guardian has ended', () => readProcess(report.guardianPid!) === undefined);
});

test('an owner and its guardian killed with SIGKILL: the next start removes the cluster', async () => {
  const { owner, report } = await startOwner();
  process.kill(report.guardianPid!, 'SIGKILL');
  await end(owner, 'SIGKILL');
  expect(living(report)).toEqual(report.pids);
  expect(cli('list').stdout).toMatch(new RegExp(`^${report.name}\\tleft behind`, 'm'));

  await start();

  expect(living(report)).toEqual([]);
  expect(existsSync(report.workDir)).toBe(false);
});

test('an owner that is interrupted takes its cluster with it', async () => {
  const { owner, report } = await startOwner();
  await end(owner, 'SIGINT');
  expect(living(report)).toEqual([]);
  expect(existsSync(report.workDir)).toBe(false);
});

test('a kept cluster outlives its owner and the next start, until it is deleted by name', async () => {
  const { owner, report } = await startOwner('keep');
  keptNames.push(report.name);
  if (owner.exitCode === null) await once(owner, 'exit');
  const neighbour = await start();
  expect(living(report)).toEqual(report.pids);
  expect(cli('list').stdout).toMatch(new RegExp(`^${report.name}\\tkept`, 'm'));

  expect(cli('delete', report.name)).toMatchObject({ status: 0, stdout: `deleted ${report.name}\n` });

  expect(living(report)).toEqual([]);
  expect(existsSync(report.workDir)).toBe(false);
  expect(processesOf(neighbour.workDir)).toHaveLength(4);
  expect(cli('delete', report.name).status).toBe(1);
});

test('an interrupt while the cluster is being made leaves nothing', async () => {
  const name = `interrupted-${process.pid}`;
  const script = `import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, 'control-plane.ts'))};
    await startControlPlane({ name: '${name}' });`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  startedOwners.push(owner);
  const { workDir } = await waitUntil('its folder', () =>
    listRecords().find((record) => record.name === name),
  );
  await waitUntil('etcd is started', () =>
    processesOf(workDir).some(({ commandLine }) => commandLine.includes('/bin/etcd ')),
  );
  await end(owner, 'SIGTERM');
  expect(processesOf(workDir)).toEqual([]);
  expect(existsSync(workDir)).toBe(false);
});
