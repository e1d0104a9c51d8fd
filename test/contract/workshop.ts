/**
 * What the contract's cases share: one client, one proxy, and short words for creating and deleting.
 *
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { parse, stringify } from 'yaml';

import { ApiClient } from '../../src/cluster/api-client.ts';
import { Binder } from '../../src/cluster/binder.ts';
import { Credentials } from '../../src/cluster/credentials.ts';
import type { ListWatchClient } from '../../src/cluster/list-watch.ts';
import { ListWatch } from '../../src/cluster/list-watch.ts';
import { Patcher } from '../../src/cluster/patcher.ts';
import { NODES_PATH, PODS_PATH, podPath, POLICIES_PATH, policiesPath } from '../../src/cluster/paths.ts';
import { PodReader } from '../../src/cluster/pod-reader.ts';
import { ServerVersion } from '../../src/cluster/server-version.ts';
import { identityOf } from '../../src/cluster/watch-event.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import { asObject } from '../../src/facts/json.ts';
import type { ContractCluster } from './cluster-contract.ts';
import { Recorder } from './recorder.ts';
import type { TcpProxy } from './tcp-proxy.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/** As much of a policy as the contract is about; the real parser is another room's. */
export interface PolicyFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly spec: unknown;
  readonly status: unknown;
}

/** A running watch and what it told. */
export interface Watched<Item extends PodFacts | PolicyFacts> {
  readonly watch: ListWatch<Item>;
  readonly recorder: Recorder<Item>;
  readonly restarts: string[];
}

interface Cluster {
  server: string;
  'certificate-authority'?: string;
}

interface User {
  'client-certificate'?: string;
  'client-key'?: string;
}

/** Opens a workshop on a cluster; {@link Workshop.close} is owed. */
export async function openWorkshop(cluster: ContractCluster): Promise<Workshop> {
  const direct = Credentials.load({ kubeconfigPath: cluster.kubeconfigPath });
  const proxy = await startTcpProxy(Number(direct.server.port));
  const directory = await mkdtemp(join(tmpdir(), 'contract-'));
  const viaProxy = join(directory, 'kubeconfig.yaml');
  await writeFile(viaProxy, await redirected(cluster.kubeconfigPath, proxy.port));
  return new Workshop({
    proxy,
    directory,
    direct: new ApiClient({ credentials: direct }),
    watched: new ApiClient({ credentials: Credentials.load({ kubeconfigPath: viaProxy }) }),
  });
}

/** For what only prepares a test: a thousand requests at once take their time on a loaded machine. */
const PATIENCE_MS = 60_000;

export class Workshop {
  /** Cuts the watches off; not what the workshop itself does. */
  readonly proxy: TcpProxy;
  readonly client: ApiClient;
  readonly reader: PodReader;
  readonly binder: Binder;
  readonly patcher: Patcher;
  readonly #watchClient: ApiClient;
  readonly #directory: string;
  readonly #watches: { stop(): Promise<void> }[] = [];
  readonly #recorders: { readonly complaints: readonly string[] }[] = [];

  constructor(parts: { proxy: TcpProxy; directory: string; direct: ApiClient; watched: ApiClient }) {
    this.proxy = parts.proxy;
    this.client = parts.direct;
    this.#watchClient = parts.watched;
    this.#directory = parts.directory;
    this.reader = new PodReader(this.client);
    this.binder = new Binder(this.client, this.reader, new ServerVersion(this.client), () => true);
    this.patcher = new Patcher(this.client);
  }

  /** Starts a watch of all pods and waits until it has synced. */
  async watchPods(): Promise<Watched<PodFacts> & { readonly pages: () => number }> {
    const recorder = new Recorder<PodFacts>();
    let pages = 0;
    const client: ListWatchClient = {
      request: (request) => {
        pages += 1;
        return this.#watchClient.request(request);
      },
      stream: (path, options) => this.#watchClient.stream(path, options),
    };
    const watched = await this.#watch({ name: 'pods', path: PODS_PATH, parse: podFactsOf, client }, recorder);
    return { ...watched, pages: () => pages };
  }

  async watchPolicies(): Promise<Watched<PolicyFacts>> {
    const recorder = new Recorder<PolicyFacts>();
    const client = this.#watchClient;
    return this.#watch({ name: 'policies', path: POLICIES_PATH, parse: policyFacts, client }, recorder);
  }

  /** A pod that no scheduler feels responsible for. */
  async createPod(name: string, labels: Record<string, string> = {}): Promise<PodFacts> {
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels },
      spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'none' }] },
    };
    const path = '/api/v1/namespaces/default/pods';
    return podFactsOf(await this.client.request({ method: 'POST', path, body, deadlineMs: PATIENCE_MS }));
  }

  async deletePod(name: string): Promise<void> {
    const path = podPath({ namespace: 'default', name });
    const query = { gracePeriodSeconds: '0' };
    await this.client.request({ method: 'DELETE', path, query, deadlineMs: PATIENCE_MS });
  }

  async createNode(name: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
    await this.client.request({ method: 'POST', path: NODES_PATH, body });
  }

  async createPolicy(name: string): Promise<PolicyFacts> {
    const body = {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: name }, units: [{ resource: 'ecs', max: 2 }, { resource: 'eci' }] },
    };
    const path = policiesPath('default');
    return policyFacts(await this.client.request({ method: 'POST', path, body }));
  }

  /** What the watches told that makes no sense. */
  complaints(): string[] {
    return this.#recorders.flatMap((recorder) => recorder.complaints);
  }

  async close(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.stop()));
    await Promise.all([this.client.close(), this.#watchClient.close()]);
    await this.proxy.close();
    await rm(this.#directory, { recursive: true });
  }

  async #watch<Item extends PodFacts | PolicyFacts>(
    what: { name: string; path: string; parse: (object: unknown) => Item; client: ListWatchClient },
    recorder: Recorder<Item>,
  ): Promise<Watched<Item>> {
    const restarts: string[] = [];
    const observer = {
      restarted: (reason: string, message: string): void => {
        restarts.push(`${reason}: ${message}`);
      },
    };
    const watch = new ListWatch<Item>({ ...what, handler: recorder, observer });
    this.#watches.push(watch);
    this.#recorders.push(recorder);
    watch.start();
    await watch.whenSynced();
    return { watch, recorder, restarts };
  }
}

function policyFacts(object: unknown): PolicyFacts {
  const { metadata, spec, status } = asObject(object);
  const identity = identityOf(object);
  return { ...identity, namespace: String(asObject(metadata)['namespace']), spec, status: status ?? {} };
}

function podFactsOf(object: unknown): PodFacts {
  return podFacts(Object(object));
}

async function redirected(kubeconfigPath: string, port: number): Promise<string> {
  const config: { clusters: { cluster: Cluster }[]; users: { user: User }[] } = parse(
    await readFile(kubeconfigPath, 'utf8'),
  );
  const absolute = (file: string): string => resolve(dirname(kubeconfigPath), file);
  for (const { cluster } of config.clusters) {
    const server = new URL(cluster.server);
    server.port = String(port);
    cluster.server = server.href;
    if (cluster['certificate-authority'])
      cluster['certificate-authority'] = absolute(cluster['certificate-authority']);
  }
  for (const { user } of config.users) {
    if (user['client-certificate']) user['client-certificate'] = absolute(user['client-certificate']);
    if (user['client-key']) user['client-key'] = absolute(user['client-key']);
  }
  return stringify(config);
}
