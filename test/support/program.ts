/**
 * A program as a process, without the settings and credentials of whoever runs the tests.
 *
 * @module
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const ROOT = join(import.meta.dirname, '../..');

/** The sources: what is tested cannot be older than what is read. */
export const SOURCES = [process.execPath, join(ROOT, 'src/cli/main.ts')] as const;

/** What users run; `npm run build` makes it. */
export const BUILT = [process.execPath, join(ROOT, 'dist/cli/main.js')] as const;

export interface RunOptions {
  /** Standard input; absent: nothing. */
  readonly input?: string;
  /** Beside PATH, and a HOME that is not there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: the project's folder. */
  readonly cwd?: string;
}

export interface Ran {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export function start(
  [program, ...args]: readonly [string, ...string[]],
  { input = '', env = {}, cwd = ROOT }: RunOptions = {},
): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, { cwd, env: { PATH: process.env['PATH'], HOME: '/nowhere', ...env } });
  // One that ends early does not read it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return child;
}

/** Resolves when it has ended. */
export async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Ran> {
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, out, err };
}

export function run(command: readonly [string, ...string[]], options?: RunOptions): Promise<Ran> {
  return outcomeOf(start(command, options));
}
