/**
 * Running kubectl against a cluster.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findOnPath, type Binaries } from './binaries.ts';

/** kubectl exited with another status than 0. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';
  /** All it wrote to stderr. */
  readonly stderr: string;

  constructor(args: readonly string[], status: number | NodeJS.Signals | null, stderr: string) {
    super(`kubectl ${args.join(' ')} failed (${status}):\n${stderr}`);
    this.stderr = stderr;
  }
}

/** The kubectl of our build; else the one on the PATH, as kwokctl has it; else the one that kwokctl downloaded. */
export function findKubectl({ builtDir }: Binaries, workDir: string): string {
  if (builtDir !== undefined) return join(builtDir, 'kubectl');
  const downloaded = join(workDir, 'bin', 'kubectl');
  return existsSync(downloaded) ? downloaded : (findOnPath('kubectl', process.env['PATH']) ?? 'kubectl');
}

/**
 * Runs a kubectl and returns what it wrote to stdout.
 *
 * @param input what it reads from stdin; absent: nothing
 * @throws KubectlError when it fails
 */
export async function runKubectl(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: 'pipe' });
  const exit = Promise.withResolvers<number | NodeJS.Signals | null>();
  child.once('error', exit.reject);
  child.once('close', (code, signal) => exit.resolve(code ?? signal));
  // A kubectl that ends without reading all of its input is judged by its status.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), exit.promise]);
  if (status !== 0) throw new KubectlError(args, status, stderr);
  return stdout;
}
