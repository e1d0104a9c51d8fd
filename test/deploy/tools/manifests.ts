/**
 * The files of deploy/ that are made from others: the chart's copies of the manifests that stand elsewhere, and the
 * manifests for kubectl, which are the chart with its defaults.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Helm } from './helm/helm.ts';

/** The checkout. */
export const ROOT = join(import.meta.dirname, '../../..');
/** The chart's folder in it. */
export const CHART = 'deploy/helm/resource-policy';
/** The manifests for kubectl. */
export const INSTALL_FILE = 'deploy/install.yaml';
/** Where they install it, and where the docs have Helm install it. */
export const NAMESPACE = 'resource-policy-system';

/** By file of the chart, the file that it is a copy of: Helm reads nothing outside of the chart. */
export const COPIES: Readonly<Record<string, string>> = {
  [`${CHART}/files/crd.yaml`]: 'crds/resourcepolicies.yaml',
  [`${CHART}/files/rbac.yaml`]: 'deploy/rbac.yaml',
  [`${CHART}/files/rbac-admission.yaml`]: 'deploy/rbac-admission.yaml',
  [`${CHART}/files/admission/virtual-node-toleration.yaml`]: 'deploy/admission/virtual-node-toleration.yaml',
  [`${CHART}/files/admission/warnings.yaml`]: 'deploy/admission/warnings.yaml',
  [`${CHART}/files/admission/scheduler-name.yaml`]: 'deploy/admission/dedicated/scheduler-name.yaml',
  [`${CHART}/files/kube-scheduler/dedicated.yaml`]: 'deploy/kube-scheduler/dedicated.yaml',
  [`${CHART}/files/kube-scheduler/in-place.yaml`]: 'deploy/kube-scheduler/in-place.yaml',
  [`${CHART}/files/alerts.yaml`]: 'deploy/monitoring/alerts.yaml',
  [`${CHART}/files/dashboard.json`]: 'deploy/monitoring/dashboard.json',
};

/** A file of the checkout. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The version of Kubernetes that everything is tested with, such as `v1.36.3`. */
export function testedKubernetes(): string {
  return /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(read('test/control-plane/go.mod'))![1]!;
}

const HEAD = `# resource-policy as a scheduler of its own, for kubectl. Made from ${CHART} by npm run manifests; docs/install.md
# says what to do with it.
`;

/** What {@link INSTALL_FILE} has to say. */
export async function installManifests(helm: Helm): Promise<string> {
  const args = [
    '--namespace',
    NAMESPACE,
    '--kube-version',
    testedKubernetes(),
    '--set',
    'namespace.create=true',
  ];
  const { stdout } = await helm(['template', 'resource-policy', join(ROOT, CHART), ...args]);
  // Helm is not what manages what kubectl applies.
  return (
    HEAD +
    stdout
      .replaceAll(/^ *app\.kubernetes\.io\/managed-by: Helm\n/gm, '')
      .replaceAll(/^ *helm\.sh\/[^\n]*\n/gm, '')
  );
}
