/**
 * Credentials of an installed service account, for a process outside of the cluster.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ControlPlane } from '../control-plane/control-plane.ts';

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: object }[];
}

/** Path of a kubeconfig that may do what the account `name` may; it goes with the cluster. */
export async function accountKubeconfig(
  plane: ControlPlane,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const token = await plane.kubectl(['create', 'token', name, '--namespace', namespace]);
  const { clusters }: Kubeconfig = parse(readFileSync(plane.kubeconfigPath, 'utf8'));
  const file = join(plane.workDir, `${namespace}.${name}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters,
    users: [{ name, user: { token: token.trim() } }],
    contexts: [{ name, context: { cluster: clusters[0]?.name, user: name } }],
    'current-context': name,
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}
