/**
 * Prometheus and promtool, built once from the version that go.mod beside this file pins: without the web pages, which
 * are no part of the module, and without finding targets anywhere but in files and in the configuration.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildOnce } from '../../../control-plane/go-build.ts';
import { moduleVersion } from '../../../control-plane/go-toolchain.ts';
import { beforeProcessEnds } from '../../../control-plane/lifetime.ts';
import { cacheDir } from '../../../control-plane/paths.ts';
import { waitUntil } from '../../../control-plane/wait.ts';

/**
 * The folder with `prometheus` and `promtool`, built now if they are not there yet, which takes three minutes on two cores.
 *
 * @throws GoToolchainError when they have to be built and Go is missing or too old
 */
export async function findPrometheus(): Promise<string> {
  return buildOnce({
    name: 'Prometheus',
    moduleDir: import.meta.dirname,
    buildsDir: join(cacheDir, 'prometheus'),
    title: (goMod) => `Prometheus ${moduleVersion(goMod, 'github.com/prometheus/prometheus')}`,
    tags: ['remove_all_sd'],
  });
}

/** What promtool wrote, on both of its streams, and how it ended. */
export interface PromtoolResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs promtool of {@link findPrometheus}, with `input` for its standard input. */
export async function promtool(dir: string, args: readonly string[], input = ''): Promise<PromtoolResult> {
  const { promise, resolve } = Promise.withResolvers<PromtoolResult>();
  const child = execFile(join(dir, 'promtool'), args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
    const code = error === null ? 0 : error.code;
    resolve({ exitCode: typeof code === 'number' ? code : 1, output: stdout + stderr });
  });
  child.stdin?.end(input);
  return promise;
}

/** One series of an answer: its labels, and its value at the time of the query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A Prometheus that scrapes these targets every second, keeping what it has in a folder that goes with it. */
export class PrometheusProcess {
  readonly #child: ChildProcess;
  readonly #home: string;
  readonly url: string;

  private constructor(child: ChildProcess, home: string, url: string) {
    this.#child = child;
    this.#home = home;
    this.url = url;
  }

  /**
   * Resolves when it answers queries.
   *
   * @param config its configuration; rule files by absolute path.
   */
  static async start(dir: string, config: string): Promise<PrometheusProcess> {
    const home = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const configFile = join(home, 'prometheus.yml');
    writeFileSync(configFile, config);
    const child = spawn(
      join(dir, 'prometheus'),
      [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(home, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        '--log.format=json',
      ],
      { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const withdraw = beforeProcessEnds(() => void child.kill('SIGKILL'));
    child.once('exit', withdraw);
    const log: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
    const address = await waitUntil('Prometheus listens', () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${log.join('\n')}`);
      return log.map((line) => /"msg":"Listening on".*"address":"([^"]+)"/.exec(line)?.[1]).find(Boolean);
    });
    const prometheus = new PrometheusProcess(child, home, `http://${address}`);
    await waitUntil('Prometheus is ready', async () => (await fetch(`${prometheus.url}/-/ready`)).ok);
    return prometheus;
  }

  /** The samples of an instant query now; throws with Prometheus's words when it is not one. */
  async query(query: string): Promise<readonly Sample[]> {
    const answer = await this.#get<{ readonly result: readonly Sample[] }>('query', { query });
    return answer.result;
  }

  /** Values of a label, as variables of dashboards ask for them. */
  async labelValues(label: string, selector: string): Promise<readonly string[]> {
    return this.#get(`label/${label}/values`, { 'match[]': selector });
  }

  /** Names of the alerts that are pending or firing. */
  async alerts(): Promise<readonly { readonly labels: { readonly alertname: string }; state: string }[]> {
    return (await this.#get<{ alerts: [] }>('alerts', {})).alerts;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #get<Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { status: string; error?: string; data: Data };
    if (answer.status !== 'success')
      throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }
}
