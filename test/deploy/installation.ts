/**
 * The chart installed into a cluster, and its pods' containers as processes of this machine, with the credentials of the
 * installed account and nothing else.
 *
 * In kube-system: that is where a process that is in no pod keeps its lease.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { portPicker } from '../control-plane/ports.ts';
import { accountKubeconfig } from './account.ts';
import type { Container, Deployment, Values } from './chart.ts';
import { CHART_DIR, containersOf, valueArgs } from './chart.ts';
import { argumentsOf, parseDockerfile } from './dockerfile.ts';
import type { Helm } from './tools/helm/helm.ts';
import { findHelm } from './tools/helm/helm.ts';
import { read, ROOT } from './tools/manifests.ts';

/** Where the chart is installed. */
export const NAMESPACE = 'kube-system';

/** A cluster of its own, and what is installed in it. */
export class Installation {
  readonly plane: ControlPlane;
  /** A port that nobody listens on. */
  readonly port = portPicker([]);
  readonly #helm: Helm;

  private constructor(plane: ControlPlane, helm: Helm) {
    this.plane = plane;
    this.#helm = helm;
  }

  /** A cluster with nothing installed. */
  static async inNewCluster(): Promise<Installation> {
    const [plane, helm] = await Promise.all([startControlPlane(), findHelm()]);
    return new Installation(plane, helm);
  }

  /** @returns what Helm says to the user. */
  async install(values: Values = {}): Promise<string> {
    const args = ['--kubeconfig', this.plane.kubeconfigPath, '--namespace', NAMESPACE, ...valueArgs(values)];
    return (await this.#helm(['install', 'resource-policy', CHART_DIR, ...args])).stdout;
  }

  async uninstall(): Promise<void> {
    const args = ['--kubeconfig', this.plane.kubeconfigPath, '--namespace', NAMESPACE];
    await this.#helm(['uninstall', 'resource-policy', ...args]);
  }

  /** The containers of its pods, as the API server has them. */
  async containers(): Promise<readonly Container[]> {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/resource-policy`;
    return containersOf(await this.plane.api.request<Deployment>('GET', path));
  }

  /** A file with the credentials of its account. */
  async kubeconfig(): Promise<string> {
    return accountKubeconfig(this.plane, { namespace: NAMESPACE, name: 'resource-policy' });
  }

  /** A new folder with these files; it goes with the cluster. */
  folder(name: string, files: Readonly<Record<string, string>>): string {
    const folder = join(this.plane.workDir, name);
    mkdirSync(folder);
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(folder, file), text, { mode: 0o600 });
    return folder;
  }
}

/** The program of our image, as built in dist/. */
export function imageProgram(): readonly string[] {
  const image = parseDockerfile(read('Dockerfile')).at(-1)!;
  const [, ...rest] = argumentsOf(image, 'ENTRYPOINT');
  return [process.execPath, ...rest.map((arg) => arg.replace(/^\/app\//, `${ROOT}/`))];
}
