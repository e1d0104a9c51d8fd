/**
 * Building the arena: a control plane with the tenants' policies, and replicas of kube-scheduler and extender, each
 * behind gates of its own.
 *
 * @module
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes } from '../control-plane/nodes.ts';
import { portPicker } from '../control-plane/ports.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import type { Arena, Replica } from './arena.ts';
import type { Checker } from './checker.ts';
import { Etcd } from './history/etcd.ts';
import { History } from './history/history.ts';
import { PersistentCalls } from './load/api-calls.ts';
import { Extender } from './processes/extender.ts';
import { Keeper } from './processes/keeper.ts';
import { MemoryLog } from './processes/memory-log.ts';
import { addScheduler } from './processes/schedulers.ts';
import { Token } from './processes/token.ts';
import { WallClock } from './processes/wall-clock.ts';
import { HttpGate } from './proxy/http-gate.ts';
import { TcpGate } from './proxy/tcp-gate.ts';
import type { Tenant } from './tenants.ts';
import { NODES, policyOf, URGENT } from './tenants.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A lease that is lost is noticed within seconds, not after a quarter of a minute. */
const LEADER_ELECTION = {
  leaderElect: true,
  leaseDuration: '8s',
  renewDeadline: '6s',
  retryPeriod: '1s',
};

const REPLICA = 'replica-';
const LOGS = /^(kube-apiserver|kube-scheduler|etcd)\.log$/;

/** CRD, account, nodes, namespaces and policies. */
async function furnish(plane: ControlPlane, tenants: readonly Tenant[]): Promise<void> {
  await plane.kubectl(['apply', '-f', 'crds', '-f', 'deploy/rbac.yaml']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
  const objects = tenants.flatMap((tenant) => [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: tenant.limits.namespace } },
    ...[policyOf(tenant)].filter((policy) => policy !== undefined),
  ]);
  const urgent = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: URGENT } };
  const all = { apiVersion: 'v1', kind: 'List', items: [...objects, { ...urgent, value: 1000 }] };
  await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(all) });
  await createNodes(plane, NODES);
}

/**
 * A copy of the built program in the cluster's folder, with the node to run it: others may build while we run, and what is
 * run from there is ended with the cluster.
 */
function installProgram(plane: ControlPlane): readonly [node: string, main: string] {
  const folder = join(plane.workDir, 'program');
  for (const part of ['dist', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  const node = join(plane.workDir, 'bin', 'node');
  symlinkSync(process.execPath, node);
  return [node, join(folder, 'dist/cli/main.js')];
}

/** What an arena is made of. */
export interface ArenaOptions {
  readonly checker: Checker;
  readonly tenants: readonly Tenant[];
  readonly replicas: number;
  /** Whether the extenders go to the API server through gates, or straight. */
  readonly isGated: boolean;
  /** What the extenders import of ours: a clock that can be stepped, notes of their memory. */
  readonly imports: readonly ('clock' | 'memory')[];
  /** Where the extenders' logs go. */
  readonly dir: string;
  /** Further flags of `serve`. */
  readonly flags: readonly string[];
}

/** Works in a new arena; all of it is gone afterwards, whatever happens, and the logs are in `dir`. */
export async function inArena<Result>(
  options: ArenaOptions,
  work: (arena: OpenArena) => Promise<Result>,
): Promise<Result> {
  mkdirSync(options.dir, { recursive: true });
  const plane = await startControlPlane();
  try {
    const arena = await openArena(plane, options);
    try {
      return await work(arena);
    } finally {
      await closeArena(arena);
    }
  } finally {
    keepLogs(plane, options.dir);
    await plane.delete();
  }
}

async function openArena(plane: ControlPlane, options: ArenaOptions): Promise<OpenArena> {
  await furnish(plane, options.tenants);
  const store = new Etcd(plane.etcd.url);
  const history = new History(store, options.checker);
  await history.start();
  const replicas = await startReplicas(plane, options);
  const ready = await Promise.all(replicas.map(({ extender }) => extender.ready(60_000)));
  if (ready.includes(undefined)) throw new Error('the extender does not get ready');
  const aborting = new AbortController();
  const { signal } = aborting;
  return {
    replicas,
    apiServer: new Keeper(plane.apiServer),
    etcd: new Keeper(plane.etcd),
    store,
    history,
    calls: new PersistentCalls(plane.api, signal),
    pause: async (ms) => {
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    },
    giveUp: () => aborting.abort(),
  };
}

/** An arena that has not been closed. */
export interface OpenArena extends Arena {
  /** Calls to the API server that are repeated until the arena is closed. */
  readonly calls: PersistentCalls;
  readonly giveUp: () => void;
}

/** Ends everything but the control plane, which is to be deleted. */
async function closeArena({ giveUp, apiServer, etcd, replicas, history, store }: OpenArena): Promise<void> {
  giveUp();
  await Promise.all([apiServer, etcd].map((keeper) => keeper.stop()));
  await Promise.all(replicas.map(endReplica));
  await history.stop();
  await store.close();
}

/** Copies the logs of the control plane, which go with it. */
function keepLogs({ workDir }: ControlPlane, dir: string): void {
  for (const name of ['', ...readdirSync(workDir).filter((entry) => entry.startsWith(REPLICA))]) {
    const logs = join(workDir, name, 'logs');
    if (!existsSync(logs)) continue;
    for (const log of readdirSync(logs).filter((entry) => LOGS.test(entry))) {
      cpSync(join(logs, log), join(dir, name === '' ? log : `${name}-${log}`));
    }
  }
}

async function startReplicas(plane: ControlPlane, options: ArenaOptions): Promise<Replica[]> {
  const program = installProgram(plane);
  const pick = portPicker([]);
  const replicas: Replica[] = [];
  for (let index = 0; index < options.replicas; index += 1) {
    const name = `${REPLICA}${index}`;
    const workDir = join(plane.workDir, name);
    mkdirSync(workDir, { recursive: true });
    const http = await HttpGate.to(plane.kubeconfigPath);
    const tcp = await TcpGate.to(http.port);
    const token = new Token(plane.api, join(workDir, 'token'));
    await token.rotate();
    const clock = new WallClock(join(workDir, 'clock'));
    const memory = new MemoryLog(join(options.dir, `${REPLICA}${index}.memory.csv`));
    const kubeconfigPath = join(workDir, 'kubeconfig.yaml');
    const cluster = options.isGated ? gated(tcp, http) : clusterOf(plane);
    writeFileSync(kubeconfigPath, kubeconfig(cluster, token.file), { mode: 0o600 });
    const extender = new Extender({
      name: `extender-${index}`,
      program,
      kubeconfigPath,
      port: await pick(),
      logDir: options.dir,
      flags: options.flags,
      env: environment(options.imports.map((each) => ({ clock, memory })[each])),
    });
    await extender.start();
    const config = {
      ...shippedSchedulerConfig('in-place.yaml', extender.url),
      leaderElection: election(options),
    };
    const scheduler = new Keeper(addScheduler(plane, { name, port: await pick(), config }));
    await scheduler.revive();
    replicas.push({ extender, scheduler, tcp, http, token, clock, memory });
  }
  return replicas;
}

/** Its kube-scheduler ends with the cluster. */
async function endReplica({ extender, scheduler, tcp, http }: Replica): Promise<void> {
  await scheduler.stop();
  await extender.kill();
  await tcp.close();
  await http.close();
}

function environment(imported: readonly (WallClock | MemoryLog)[]): Record<string, string> {
  if (imported.length === 0) return {};
  const flags = imported.map(({ module }) => `--import ${module}`).join(' ');
  return Object.assign({ NODE_OPTIONS: flags }, ...imported.map(({ env }) => env));
}

function election({ replicas }: ArenaOptions): object {
  return replicas > 1 ? LEADER_ELECTION : { leaderElect: false };
}

function gated({ port }: TcpGate, { certificate }: HttpGate): object {
  return {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(certificate).toString('base64'),
  };
}

function clusterOf({ kubeconfigPath }: ControlPlane): object {
  const config: { clusters: [{ cluster: object }] } = parse(readFileSync(kubeconfigPath, 'utf8'));
  return config.clusters[0].cluster;
}

function kubeconfig(cluster: object, tokenFile: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'chaos', cluster }],
    users: [{ name: 'chaos', user: { tokenFile } }],
    contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
    'current-context': 'chaos',
  });
}
