/**
 * `resource-policy serve` as a process of its own, as users run it: started, killed and started again.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeProcessEnds } from '../control-plane/lifetime.ts';
import { waitUntil } from '../control-plane/wait.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** One line of the extender's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface ExtenderOptions {
  readonly kubeconfigPath: string;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
}

/** The built program; `npm run build` makes it. */
export class ExtenderProcess {
  readonly #options: ExtenderOptions;
  /** Everything logged so far, restarts included. */
  readonly log: LogLine[] = [];
  #child: ChildProcess | undefined;
  #port = 0;
  #scheme = 'http';
  #probesUrl: string | undefined;

  constructor(options: ExtenderOptions) {
    this.#options = options;
  }

  /** Where kube-scheduler finds it. */
  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** Where its pages are found without a certificate. */
  get pagesUrl(): string {
    return this.#probesUrl ?? this.url;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, on the same port as before, and resolves when it listens. */
  async start(): Promise<void> {
    const { kubeconfigPath, flags = [] } = this.#options;
    const args = ['serve', '--kubeconfig', kubeconfigPath, '--listen', `127.0.0.1:${this.#port}`, ...flags];
    const child = spawn(MAIN, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const withdraw = beforeProcessEnds(() => void child.kill('SIGKILL'));
    child.once('exit', withdraw);
    const from = this.log.length;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.log.push(parsed(line)));
    }
    const listening = await waitUntil('the extender listens', () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${JSON.stringify(this.log.slice(from))}`);
      return this.log.slice(from).find(({ msg }) => /resource-policy .* listens on http/.test(msg));
    });
    const url = new URL(listening.msg.slice(listening.msg.indexOf('http')));
    this.#port = Number(url.port);
    this.#scheme = url.protocol.replace(':', '');
    this.#probesUrl = typeof listening['probes'] === 'string' ? listening['probes'] : undefined;
  }

  /** Resolves when it makes decisions. */
  async ready(): Promise<void> {
    await waitUntil('the extender is ready', async () => (await fetch(`${this.pagesUrl}/readyz`)).ok, {
      intervalMs: 20,
    });
  }

  /** SIGTERM; resolves with its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** The text of /metrics. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.pagesUrl}/metrics`)).text();
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}

function parsed(line: string): LogLine {
  try {
    const fields: LogLine = JSON.parse(line);
    return fields;
  } catch {
    return { level: 'stderr', msg: line };
  }
}
