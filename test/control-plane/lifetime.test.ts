import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const lifetime = JSON.stringify(join(import.meta.dirname, 'lifetime.ts'));

/** Runs a program that has an ending writing `ended` and one that throws before it, and tells how it went. */
async function run(program: string, signal?: NodeJS.Signals) {
  const source = `
    import { beforeProcessEnds } from ${lifetime};
    beforeProcessEnds(() => { throw new Error('an ending that fails'); });
    const withdraw = beforeProcessEnds(() => process.stdout.write('ended '));
    process.stdout.write('started ');
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status, endedBy]: (number | string | null)[] = await closed;
  return { stdout: stdout.trim(), stderr, end: endedBy ?? status };
}

const idle = 'setInterval(() => {}, 1000);';

interface Case {
  readonly program: string;
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly end: number | NodeJS.Signals;
}

test.each<[string, Case]>([
  ['a normal end', { program: '', stdout: 'started ended', end: 0 }],
  ['process.exit', { program: 'process.exit(3);', stdout: 'started ended', end: 3 }],
  ['an uncaught exception', { program: 'throw new Error("x");', stdout: 'started ended', end: 1 }],
  [
    'an unhandled rejection',
    { program: 'void Promise.reject(new Error("x"));', stdout: 'started ended', end: 1 },
  ],
  ['SIGINT', { program: idle, signal: 'SIGINT', stdout: 'started ended', end: 'SIGINT' }],
  ['SIGTERM', { program: idle, signal: 'SIGTERM', stdout: 'started ended', end: 'SIGTERM' }],
  ['SIGHUP', { program: idle, signal: 'SIGHUP', stdout: 'started ended', end: 'SIGHUP' }],
  [
    'a signal that someone else handles',
    {
      program: `process.on('SIGTERM', () => process.exit(7)); ${idle}`,
      signal: 'SIGTERM',
      stdout: 'started ended',
      end: 7,
    },
  ],
  ['an ending that was withdrawn', { program: 'withdraw();', stdout: 'started', end: 0 }],
])('%s', async (_case, { program, signal, stdout, end }) => {
  expect(await run(program, signal)).toEqual({
    stdout,
    end,
    stderr: expect.stringContaining('clean-up failed: Error: an ending that fails'),
  });
});
