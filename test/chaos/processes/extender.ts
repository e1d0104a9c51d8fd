/**
 * One extender that is killed, frozen and started again, always on the same port. Its log goes to a file, so that it
 * never waits for us.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Often enough for a time that is told in tenths of seconds, and seldom enough not to keep it from starting. */
const LOOK_EVERY_MS = 50;

export interface ExtenderOptions {
  /** Tells it from others; its log is named so, too. */
  readonly name: string;
  /** The node to run it with, and the program. */
  readonly program: readonly [node: string, main: string];
  readonly kubeconfigPath: string;
  readonly port: number;
  /** Folder for its log. */
  readonly logDir: string;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
  /** Beside our own. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Extender {
  readonly name: string;
  readonly url: string;
  readonly #options: ExtenderOptions;
  #child: ChildProcess | undefined;
  #startedMs = 0;
  /** Ends that nobody asked for. */
  readonly unasked: string[] = [];
  starts = 0;

  constructor(options: ExtenderOptions) {
    this.name = options.name;
    this.url = `http://127.0.0.1:${options.port}`;
    this.#options = options;
  }

  /** Name of its log file. */
  get logName(): string {
    return `${this.name}.log`;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it unless it runs. It may take a while until it answers: see {@link ready}. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const { program, kubeconfigPath, port, logDir, flags = [], env = {} } = this.#options;
    const [node, main] = program;
    const args = [main, 'serve', '--kubeconfig', kubeconfigPath, '--listen', `127.0.0.1:${port}`, ...flags];
    const log = openSync(join(logDir, this.logName), 'a');
    const child = spawn(node, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
    closeSync(log);
    this.#child = child;
    this.#startedMs = performance.now();
    this.starts += 1;
    child.once('exit', (code, signal) => {
      // Whoever ends it forgets it first.
      if (this.#child !== child) return;
      this.#child = undefined;
      this.unasked.push(`${this.name} ended by itself: ${code ?? signal}`);
    });
    await once(child, 'spawn');
  }

  /**
   * Resolves with the time from its start until it said to be ready, in milliseconds; undefined: it did not in time, or
   * has ended meanwhile.
   */
  async ready(timeoutMs: number): Promise<number | undefined> {
    const { starts } = this;
    const deadlineMs = performance.now() + timeoutMs;
    while (this.pid !== undefined && this.starts === starts && performance.now() < deadlineMs) {
      if (await this.#answers('/readyz')) return performance.now() - this.#startedMs;
      await sleep(LOOK_EVERY_MS);
    }
    return undefined;
  }

  /** SIGTERM; resolves when it has ended, in order or, if that takes too long, not. */
  async stop(): Promise<void> {
    const late = setTimeout(() => this.#last?.kill('SIGKILL'), 30_000);
    await this.#end('SIGTERM');
    clearTimeout(late);
  }

  /** SIGKILL, which also ends a frozen one. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** SIGCONT; nothing for one that is not frozen, or that was started since. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** The text of /metrics; undefined when it does not answer. */
  async metrics(): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(5_000) });
      return answer.ok ? await answer.text() : undefined;
    } catch {
      return undefined;
    }
  }

  #last: ChildProcess | undefined;

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#last = child;
    const exited = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGTERM') child.kill('SIGCONT');
    await exited;
  }

  async #answers(path: string): Promise<boolean> {
    try {
      return (await fetch(this.url + path, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      return false;
    }
  }
}
