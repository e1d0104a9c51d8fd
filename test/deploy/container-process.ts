/**
 * A container of an installed pod, run as a process of this machine: with the arguments, the mounted files and the
 * readiness probe that the manifest has, and the credentials of the pod's account.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { beforeProcessEnds } from '../control-plane/lifetime.ts';
import { GaveUpError, waitUntil } from '../control-plane/wait.ts';
import type { Container } from './chart.ts';

/** What is different outside of a pod. */
export interface ContainerOptions {
  readonly container: Container;
  /** The program of its image, with what the image gives it. */
  readonly program: readonly string[];
  /** Beside those of the manifest: what a pod has without asking for it, such as credentials. */
  readonly args?: readonly string[];
  /** Where the mounted folders are, by their path in the container. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** A pod has all ports to itself; here each is another one. */
  readonly ports: Readonly<Record<number, number>>;
}

/** A process that stands for a container; it ends with this process at the latest. */
export class ContainerProcess {
  readonly #options: ContainerOptions;
  /** All that it wrote. */
  readonly log: string[] = [];
  #child: ChildProcess | undefined;

  constructor(options: ContainerOptions) {
    this.#options = options;
  }

  /** Starts it and resolves when its readiness probe says so. Rejects with the end of its log when it ends instead. */
  async start(): Promise<void> {
    const { container, program, args = [] } = this.#options;
    const [file = '', ...own] = program;
    const given = (container.args ?? container.command?.slice(1) ?? []).map((arg) => this.#here(arg));
    const child = spawn(file, [...own, ...given, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.once(
      'exit',
      beforeProcessEnds(() => void child.kill('SIGKILL')),
    );
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => this.log.push(line));
    }
    await waitUntil(
      `${container.name} is ready`,
      async () => {
        if (child.exitCode !== null) throw new GaveUpError(this.log.slice(-20).join('\n'));
        return this.#probe();
      },
      { timeoutMs: 60_000 },
    );
  }

  /** SIGTERM, as a pod ends. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async #probe(): Promise<boolean> {
    const { container, ports } = this.#options;
    const { path, port, scheme = 'HTTP' } = container.readinessProbe.httpGet;
    const { containerPort } = container.ports.find(({ name }) => name === port)!;
    // As kubelet, which knows no CA.
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    try {
      const url = `${scheme.toLowerCase()}://127.0.0.1:${ports[containerPort]}${path}`;
      const { statusCode, body } = await request(url, { dispatcher });
      await body.dump();
      return statusCode === 200;
    } finally {
      await dispatcher.destroy();
    }
  }

  /** The argument with this machine's folders, address and ports. */
  #here(arg: string): string {
    const { mounts = {}, ports } = this.#options;
    let here = arg.replace('$(POD_IP)', '127.0.0.1');
    for (const [folder, local] of Object.entries(mounts)) here = here.replace(`=${folder}/`, `=${local}/`);
    for (const [port, local] of Object.entries(ports)) {
      here = here.replace('=0.0.0.0:', '=127.0.0.1:').replace(`=127.0.0.1:${port}`, `=127.0.0.1:${local}`);
      here = here.replace(`port=${port}`, `port=${local}`);
    }
    return here;
  }
}
