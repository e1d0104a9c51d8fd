/**
 * Creating a cluster with kwokctl, and reading back what it runs. The only file that knows kwokctl's flags, files
 * and traps.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Binaries } from './binaries.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { cacheDir } from './paths.ts';
import { Progress } from './progress.ts';
import { kwokctlConfigFile } from './removal.ts';
import { completeSchedulerConfig } from './scheduler-config.ts';

/** The names that kwokctl gives the components. */
export type ComponentName =
  'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok-controller';

/** How a component is run, as kwokctl's own file has it. */
export interface ComponentCommand {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Creates and starts the cluster of the record, kube-scheduler included (kwokctl writes down how to run a component
 * only when it starts it), and resolves when the API server answers.
 *
 * @param auditPolicy a Policy of audit.k8s.io; absent: nothing is audited.
 * @throws an error with kwokctl's output when it fails
 */
export async function createCluster(
  record: ClusterRecord,
  binaries: Binaries,
  auditPolicy?: object,
): Promise<void> {
  const { name, workDir } = record;
  const initialSchedulerConfig = join(workDir, 'initial-scheduler.yaml');
  writeFileSync(initialSchedulerConfig, completeSchedulerConfig({}, kubeconfigOf(workDir)));
  const configFile = join(workDir, kwokctlConfigFile);
  const config = kwokctlConfig(record, binaries, {
    kubeSchedulerConfig: initialSchedulerConfig,
    ...(auditPolicy === undefined ? {} : { kubeAuditPolicy: writtenTo(workDir, auditPolicy) }),
  });
  writeFileSync(configFile, [config, KWOK_CONFIG].map((part) => stringify(part)).join('---\n'));
  const kwokctl = spawn(
    binaries.kwokctl,
    // An empty kubeconfig: the user's own is not touched.
    ['create', 'cluster', '--config', configFile, '--name', name, '--kubeconfig', ''],
    // In a process group of its own, Ctrl-C reaches it only through us, after which nothing it started is missed.
    { detached: true, env: environment(workDir, binaries), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output: string[] = [];
  for (const stream of [kwokctl.stdout, kwokctl.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  let progress: Progress | undefined;
  // An installed kwokctl's first cluster downloads some 400 MB; every other one takes seconds and needs no word.
  const slow = setTimeout(() => (progress = new Progress('kwokctl is creating the cluster')), 10_000);
  const [status]: (number | null)[] = await once(kwokctl, 'close');
  clearTimeout(slow);
  progress?.end(status === 0 ? 'done' : 'failed');
  if (status !== 0) throw new Error(`kwokctl create cluster failed (${status}):\n${output.join('')}`);
}

/** The kubeconfig that kwokctl writes for this machine. */
export function kubeconfigOf(workDir: string): string {
  return join(workDir, 'kubeconfig.yaml');
}

function writtenTo(workDir: string, auditPolicy: object): string {
  const file = join(workDir, 'audit-policy-of-the-test.yaml');
  writeFileSync(file, stringify(auditPolicy));
  return file;
}

/**
 * By default it plays four pods at a time, and falls behind when a slow API server has many come and go. The others are its
 * defaults: kwokctl fills none in for a document that it is given.
 */
const KWOK_CONFIG = {
  apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
  kind: 'KwokConfiguration',
  metadata: { name: 'kwok' },
  options: {
    podPlayStageParallelism: 64,
    nodePlayStageParallelism: 4,
    nodeLeaseParallelism: 4,
    podsOnNodeSyncParallelism: 1,
    enablePodsOnNodeSyncListPager: true,
    cidr: '10.0.0.0/24',
  },
};

/** @param files paths of configurations of components, by kwokctl's names for them. */
function kwokctlConfig(
  record: ClusterRecord,
  { builtDir }: Binaries,
  files: Readonly<Record<string, string>>,
): object {
  const { ports } = record;
  const built = builtDir === undefined ? undefined : toAlias(builtDir, record);
  return {
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokctlConfiguration',
    options: {
      runtime: 'binary',
      bindAddress: '127.0.0.1',
      etcdPort: ports.etcd,
      etcdPeerPort: ports.etcdPeer,
      kubeApiserverPort: ports.apiServer,
      kubeControllerManagerPort: ports.controllerManager,
      kubeSchedulerPort: ports.scheduler,
      kwokControllerPort: ports.kwok,
      ...files,
      disableQPSLimits: true,
      quietPull: !process.stderr.isTTY,
      ...(built === undefined
        ? { cacheDir: join(process.env['KWOK_WORKDIR'] ?? join(homedir(), '.kwok'), 'cache') }
        : {
            etcdBinary: join(built, 'etcd'),
            kubeApiserverBinary: join(built, 'kube-apiserver'),
            kubeControllerManagerBinary: join(built, 'kube-controller-manager'),
            kubeSchedulerBinary: join(built, 'kube-scheduler'),
            kubectlBinary: join(built, 'kubectl'),
            kwokControllerBinary: join(built, 'kwok'),
          }),
    },
    // One that was killed holds its lease for 15 s, in which its successor does nothing.
    componentsPatches: [
      { name: 'kube-controller-manager', extraArgs: [{ key: 'leader-elect', value: 'false' }] },
    ],
  };
}

/** The same folder below the stand-in for our cache folder, where the cluster has one. */
function toAlias(builtDir: string, { workDir, aliasDir }: ClusterRecord): string {
  if (aliasDir === undefined) return builtDir;
  return join(dirname(dirname(workDir)), relative(cacheDir, builtDir));
}

/**
 * kwokctl lets KWOK_ variables win over its configuration file. Of the user's, only those that say where an
 * installed kwokctl downloads from, and which version, are for us.
 */
function environment(workDir: string, { builtDir, kubernetesVersion }: Binaries): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(
    ([name]) =>
      !name.startsWith('KWOK_') ||
      (builtDir === undefined && /_(PREFIX|VERSION|BINARY|BINARY_TAR)$/.test(name)),
  );
  return {
    ...(builtDir === undefined ? { KWOK_KUBE_VERSION: kubernetesVersion } : {}),
    ...Object.fromEntries(passed),
    KWOK_WORKDIR: dirname(dirname(workDir)),
    // kwokctl prefers the kubectl on the PATH to the one it is told of.
    ...(builtDir === undefined ? {} : { PATH: `${builtDir}${delimiter}${process.env['PATH'] ?? ''}` }),
  };
}

/** How the components of a created cluster are run. Throws when the cluster lacks one of them. */
export function readCommands(workDir: string): Record<ComponentName, ComponentCommand> {
  const file = join(workDir, 'kwok.yaml');
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  const components = new Map<string, ComponentCommand>();
  for (const document of documents) {
    const parsed: KwokFile | null = document.toJS();
    if (parsed?.kind !== 'KwokctlConfiguration') continue;
    for (const { name, binary, args, envs } of parsed.components ?? []) {
      const env = Object.fromEntries((envs ?? []).map((variable) => [variable.name, variable.value ?? '']));
      components.set(name, { binary, args: args ?? [], env });
    }
  }
  const command = (name: ComponentName): ComponentCommand => {
    const found = components.get(name);
    if (found === undefined) throw new Error(`${file} has no component ${name}`);
    return found;
  };
  return {
    etcd: command('etcd'),
    'kube-apiserver': command('kube-apiserver'),
    'kube-controller-manager': command('kube-controller-manager'),
    'kube-scheduler': command('kube-scheduler'),
    'kwok-controller': command('kwok-controller'),
  };
}

interface KwokFile {
  readonly kind?: string;
  readonly components?: readonly {
    readonly name: string;
    readonly binary: string;
    readonly args?: readonly string[];
    readonly envs?: readonly { readonly name: string; readonly value?: string }[];
  }[];
}
