/**
 * One process of a control plane: started, stopped, killed, paused and started again by whoever holds it.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Agent, request } from 'undici';
import type { ComponentCommand, ComponentName } from './kwokctl.ts';
import { isThere, readProcess, type ProcessInfo } from './process-table.ts';
import { GaveUpError, waitUntil } from './wait.ts';

/** What a component is made from. */
export interface ComponentOptions {
  readonly name: ComponentName;
  /** The folder of its cluster. */
  readonly workDir: string;
  readonly command: ComponentCommand;
  /** Where it serves, such as `https://127.0.0.1:16443`. */
  readonly url: string;
  /** The path that answers 200 when it is ready to work. */
  readonly readyPath: string;
}

const logTailLines = 20;

/**
 * A component of a running cluster. All state is the operating system's (pid file and process table), so it stays
 * right when the process ends by itself. Calls on one component must not overlap.
 */
export class Component {
  /** kwokctl's name for it, such as `kube-apiserver`. */
  readonly name: ComponentName;
  /** Where it serves its API, `/metrics` and health paths. */
  readonly url: string;
  /** The file that its output goes to; all its lives append to the same one. */
  readonly logFile: string;
  readonly #workDir: string;
  readonly #command: ComponentCommand;
  readonly #readyPath: string;

  constructor({ name, workDir, command, url, readyPath }: ComponentOptions) {
    this.name = name;
    this.url = url;
    const program = basename(command.binary);
    this.logFile = join(workDir, 'logs', `${program}.log`);
    this.#workDir = workDir;
    this.#command = command;
    this.#readyPath = readyPath;
  }

  /** The process id while it runs (or is paused); undefined when it does not. */
  get pid(): number | undefined {
    return this.#process()?.pid;
  }

  /**
   * Starts it unless it runs, and resolves when it is ready to work.
   *
   * @throws an error with the end of its log when it ends instead, or is not ready within 60 seconds
   */
  async start(): Promise<void> {
    if (this.pid === undefined) await this.#spawn();
    await this.ready();
  }

  /** Resolves when it answers that it is ready. Rejects at once when its process is not there, or after 60 seconds. */
  async ready(): Promise<void> {
    try {
      await waitUntil(
        `${this.name} is ready`,
        async () => {
          if (this.pid === undefined) throw new GaveUpError(`${this.name} does not run`);
          await this.get(this.#readyPath);
          return true;
        },
        { timeoutMs: 60_000, intervalMs: 25 },
      );
    } catch (error) {
      throw new Error(`${this.name} is not ready; the end of its log:\n${this.#logTail()}`, { cause: error });
    }
  }

  /**
   * Asks it to end (SIGTERM) and resolves when it has; throws when it is still there after 90 seconds. The API server
   * takes a minute while watches are open, as any does: {@link kill} it where that is not the point.
   */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it without a chance to clean up (SIGKILL) and resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Freezes it (SIGSTOP): connections stay open and nothing answers. Throws when it does not run. */
  async pause(): Promise<void> {
    this.#signal('SIGSTOP');
    await waitUntil(`${this.name} is paused`, () => this.#process()?.state.startsWith('T') === true);
  }

  /** Lets it go on after {@link pause} (SIGCONT). Throws when it does not run. */
  async resume(): Promise<void> {
    this.#signal('SIGCONT');
    await waitUntil(`${this.name} runs on`, () => this.#process()?.state.startsWith('T') === false);
  }

  /**
   * GETs a path of its own HTTP endpoint, such as `/metrics`, without credentials, and returns the text.
   * Throws when it answers anything but 200 or not within 10 seconds.
   */
  async get(path: string): Promise<string> {
    // Components serve with certificates they sign themselves, on the loopback interface.
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    try {
      const timeouts = { headersTimeout: 10_000, bodyTimeout: 10_000 };
      const { statusCode, body } = await request(this.url + path, { dispatcher, ...timeouts });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`GET ${this.url}${path}: ${statusCode} ${text}`);
      return text;
    } finally {
      await dispatcher.destroy();
    }
  }

  get #pidFile(): string {
    return join(this.#workDir, 'pids', `${basename(this.#command.binary)}.pid`);
  }

  #process(): ProcessInfo | undefined {
    let pid: number;
    try {
      pid = Number(readFileSync(this.#pidFile, 'utf8'));
    } catch {
      return undefined;
    }
    const found = readProcess(pid);
    // The pid may have gone to another process since.
    return found?.commandLine.startsWith(this.#command.binary) === true ? found : undefined;
  }

  async #spawn(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    try {
      const child = spawn(this.#command.binary, this.#command.args, {
        cwd: this.#workDir,
        // Ctrl-C in the terminal is for its owner, who decides what becomes of it.
        detached: true,
        env: { ...process.env, ...this.#command.env },
        stdio: ['ignore', log, log],
      });
      child.unref();
      await once(child, 'spawn');
      writeFileSync(this.#pidFile, String(child.pid));
    } finally {
      closeSync(log);
    }
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const found = this.#process();
    if (found === undefined) return;
    process.kill(found.pid, signal);
    // A paused process takes no other signal than SIGKILL before it goes on.
    if (signal === 'SIGTERM' && found.state.startsWith('T')) process.kill(found.pid, 'SIGCONT');
    const gone = (): boolean => !isThere(found);
    await waitUntil(`${this.name} ends after ${signal}`, gone, { timeoutMs: 90_000, intervalMs: 5 });
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    process.kill(pid, signal);
  }

  #logTail(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n');
  }
}
