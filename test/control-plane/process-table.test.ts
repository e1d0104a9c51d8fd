import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { listProcesses, parsePsLine, readProcess } from './process-table.ts';

test('this process: the same when asked twice, and in the list of all', () => {
  const self = readProcess(process.pid);
  expect(self?.commandLine).toContain('node');
  expect(readProcess(process.pid)?.startedAt).toBe(self?.startedAt);
  expect(listProcesses()).toContainEqual(
    expect.objectContaining({ pid: process.pid, startedAt: self?.startedAt }),
  );
});

test('a child: its command line while it runs, nothing once it has ended', async () => {
  const child = spawn('sleep', ['600.5']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  expect(readProcess(child.pid!)?.commandLine).toBe('sleep 600.5');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(readProcess(child.pid!)).toBeUndefined();
});

test.each([
  [
    '  417 Ss   Sat Nov 21 14:40:26 2026 /opt/a b/etcd --name=node0',
    {
      pid: 417,
      state: 'Ss',
      startedAt: 'Sat Nov 21 14:40:26 2026',
      commandLine: '/opt/a b/etcd --name=node0',
    },
  ],
  ['  418 Z    Sat Nov 21 14:40:26 2026 (etcd)', undefined],
  ['', undefined],
])('a line of ps: %s', (line, want) => {
  expect(parsePsLine(line)).toEqual(want);
});
