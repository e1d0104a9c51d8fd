/**
 * A real Kubernetes control plane for the demo, the integration tests and the benchmark: etcd, kube-apiserver,
 * kube-controller-manager and kube-scheduler, with kwok in place of kubelets.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { claimCluster, recordKept, type ClusterRecord } from './cluster-record.ts';
import { Component } from './component.ts';
import { startGuardian } from './guardian.ts';
import { findKubectl, runKubectl } from './kubectl.ts';
import { Kwok } from './kwok.ts';
import { createCluster, kubeconfigOf, readCommands, type ComponentName } from './kwokctl.ts';
import { beforeProcessEnds } from './lifetime.ts';
import { withLock } from './lock.ts';
import { clustersDir } from './paths.ts';
import { removeCluster, sweepOrphans } from './removal.ts';
import { Scheduler } from './scheduler.ts';
import { waitUntil } from './wait.ts';

/** How to start a control plane. */
export interface StartOptions {
  /** Lower-case letters, digits and dashes, at most 40; default: a name of its own. */
  readonly name?: string;
  /** What the API server writes to {@link ControlPlane.auditLog}: a Policy of audit.k8s.io; default: nothing. */
  readonly auditPolicy?: object;
}

/**
 * Starts a control plane of this process: everything it runs ends, and its folder goes, with
 * {@link ControlPlane.delete} or with this process, unless it is kept. Before that it removes what dead processes
 * left behind. The first start on a machine builds or downloads the programs, which takes minutes.
 *
 * Everything listens on 127.0.0.1. kube-scheduler does not run yet; pods can be created in the namespace `default`.
 *
 * @throws GoToolchainError when the programs have to be built and Go is missing or too old; an error when a cluster of
 *   that name exists or a component fails, after which nothing is left behind
 */
export async function startControlPlane({ name, auditPolicy }: StartOptions = {}): Promise<ControlPlane> {
  const chosen = name ?? `rp-${randomBytes(4).toString('hex')}`;
  if (!/^[a-z0-9][-a-z0-9]{0,39}$/.test(chosen)) throw new Error(`${chosen} cannot be a cluster's name`);
  const binaries = await findBinaries();
  startGuardian();
  const record = await withLock(join(clustersDir, '.lock'), async () => {
    sweepOrphans();
    return claimCluster(chosen);
  });
  const withdraw = beforeProcessEnds(() => removeCluster(record));
  try {
    await createCluster(record, binaries, auditPolicy);
    const plane = new ControlPlane(record, binaries, withdraw);
    // Its only start so far, which had nothing to schedule.
    await plane.scheduler.kill();
    await untilReady(plane);
    return plane;
  } catch (error) {
    withdraw();
    removeCluster(record);
    throw error;
  }
}

async function untilReady({ etcd, apiServer, controllerManager, kwok, api }: ControlPlane): Promise<void> {
  await Promise.all([
    kwok.leaveForcedDeletes(),
    ...[etcd, apiServer, controllerManager].map((component) => component.ready()),
  ]);
  // Admission refuses pods until kube-controller-manager has made their service account.
  await waitUntil('the service account of the namespace default', async () => {
    await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default');
    return true;
  });
}

function at(scheme: 'http' | 'https', port: number): string {
  return `${scheme}://127.0.0.1:${port}`;
}

/** A running control plane, made by {@link startControlPlane}. */
export class ControlPlane {
  readonly name: string;
  /** The URL of the API server. */
  readonly server: string;
  /** A kubeconfig with cluster-admin rights, by client certificate. */
  readonly kubeconfigPath: string;
  /** The cluster's folder; it goes with the cluster. */
  readonly workDir: string;
  readonly etcd: Component;
  readonly apiServer: Component;
  readonly controllerManager: Component;
  /** Makes nodes ready and pods run, at once unless it is started again with other delays. */
  readonly kwok: Kwok;
  /** Does not run until it is started. */
  readonly scheduler: Scheduler;
  /** For many requests at once; {@link kubectl} is for the few. */
  readonly api: ApiClient;
  /** Path of the kubectl that goes with it. */
  readonly kubectlPath: string;
  readonly #withdrawEnding: () => void;
  #record: ClusterRecord;

  /** Not to be called: see {@link startControlPlane}. */
  constructor(record: ClusterRecord, binaries: Binaries, withdrawEnding: () => void) {
    const { name, workDir, ports } = record;
    this.name = name;
    this.workDir = workDir;
    this.kubeconfigPath = kubeconfigOf(workDir);
    this.#record = record;
    this.#withdrawEnding = withdrawEnding;
    this.kubectlPath = findKubectl(binaries, workDir);
    const commands = readCommands(workDir);
    const options = (component: ComponentName, url: string, readyPath: string) => ({
      name: component,
      workDir,
      command: commands[component],
      url,
      readyPath,
    });
    this.etcd = new Component(options('etcd', at('http', ports.etcd), '/health'));
    this.apiServer = new Component(options('kube-apiserver', at('https', ports.apiServer), '/readyz'));
    this.controllerManager = new Component(
      options('kube-controller-manager', at('https', ports.controllerManager), '/healthz'),
    );
    this.kwok = new Kwok(options('kwok-controller', at('http', ports.kwok), '/healthz'));
    this.scheduler = new Scheduler(options('kube-scheduler', at('https', ports.scheduler), '/readyz'));
    this.api = new ApiClient(this.kubeconfigPath);
    this.server = this.api.server;
  }

  /** The file to which the API server writes what it was asked, one JSON object a line. */
  get auditLog(): string {
    return join(this.workDir, 'logs', 'audit.log');
  }

  /** The log file of a component. */
  logs(component: ComponentName): string {
    return join(this.workDir, 'logs', `${component}.log`);
  }

  /**
   * Runs kubectl against this cluster and returns what it wrote to stdout.
   *
   * @throws KubectlError, which carries its stderr, when it fails
   */
  async kubectl(args: readonly string[], { input }: { readonly input?: string } = {}): Promise<string> {
    return runKubectl(this.kubectlPath, ['--kubeconfig', this.kubeconfigPath, ...args], input);
  }

  /** Lets the cluster outlive this process; `cli.ts` in this folder deletes it later. */
  keep(): void {
    this.#record = recordKept(this.#record);
    this.#withdrawEnding();
  }

  /** Ends every process of the cluster and deletes its folder. A second call does nothing. */
  async delete(): Promise<void> {
    await this.api.close();
    removeCluster(this.#record);
    this.#withdrawEnding();
  }
}
