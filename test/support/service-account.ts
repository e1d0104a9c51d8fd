/**
 * The shipped account of the extender: deploy/rbac.yaml applied, and a kubeconfig with its token.
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

/** Path of a kubeconfig that may do what deploy/rbac.yaml grants; it goes with the cluster. */
export async function shippedAccount(plane: ControlPlane): Promise<string> {
  await plane.kubectl(['apply', '-f', 'deploy/rbac.yaml']);
  const token = await plane.kubectl(['create', 'token', 'resource-policy', '--namespace', 'kube-system']);
  const admin: Kubeconfig = parse(readFileSync(plane.kubeconfigPath, 'utf8'));
  const [cluster] = admin.clusters;
  const file = join(plane.workDir, 'resource-policy.kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [cluster],
    users: [{ name: 'resource-policy', user: { token: token.trim() } }],
    contexts: [{ name: 'test', context: { cluster: cluster?.name, user: 'resource-policy' } }],
    'current-context': 'test',
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}
