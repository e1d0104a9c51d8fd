/**
 * Building the arena: a control plane with the tenants' policies, and replicas of kube-scheduler and extender, each
 * behind gates of its own.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { createNodes } from '../control-plane/nodes.ts';
import { portPicker } from '../control-plane/ports.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import type { Arena, Replica } from './arena.ts';
import type { Checker } from './checker.ts';
import { Etcd } from './history/etcd.ts';
import { History } from './history/history.ts';
import { Extender } from './processes/extender.ts';
import { Keeper } from './processes/keeper.ts';
import { addScheduler } from './processes/schedulers.ts';
import { Token } from './processes/token.ts';
import { WallClock } from './processes/wall-clock.ts';
import { HttpGate } from './proxy/http-gate.ts';
import { TcpGate } from './proxy/tcp-gate.ts';
import type { Tenant } from './tenants.ts';
import { NODES, policyOf, TENANTS, URGENT } from './tenants.ts';

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
export async function furnish(plane: ControlPlane, tenants: readonly Tenant[]): Promise<void> {
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
export function installProgram(plane: ControlPlane): readonly [node: string, main: string] {
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
  readonly replicas: number;
  /** Where the extenders' logs go. */
  readonly dir: string;
  /** Further flags of `serve`. */
  readonly flags: readonly string[];
}

/** Makes a new control plane an arena, with everything running and ready; {@link closeArena} is owed. */
export async function openArena(plane: ControlPlane, options: ArenaOptions): Promise<OpenArena> {
  await furnish(plane, TENANTS);
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
    signal,
    pause: async (ms) => {
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    },
    giveUp: () => aborting.abort(),
  };
}

/** An arena that has not been closed. */
export interface OpenArena extends Arena {
  /** Aborted when the run is over or given up. */
  readonly signal: AbortSignal;
  readonly giveUp: () => void;
}

/** Ends everything but the control plane, which is to be deleted. */
export async function closeArena({
  giveUp,
  apiServer,
  etcd,
  replicas,
  history,
  store,
}: OpenArena): Promise<void> {
  giveUp();
  await Promise.all([apiServer, etcd].map((keeper) => keeper.stop()));
  await Promise.all(replicas.map(endReplica));
  await history.stop();
  await store.close();
}

/** Copies the logs of the control plane, which go with it. */
export function keepLogs({ workDir }: ControlPlane, dir: string): void {
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
    const kubeconfigPath = join(workDir, 'kubeconfig.yaml');
    writeFileSync(kubeconfigPath, kubeconfig(tcp.port, http.certificate, token.file), { mode: 0o600 });
    const extender = new Extender({
      name: `extender-${index}`,
      program,
      kubeconfigPath,
      port: await pick(),
      logDir: options.dir,
      flags: options.flags,
      env: clock.env,
    });
    await extender.start();
    const config = {
      ...shippedSchedulerConfig('in-place.yaml', extender.url),
      leaderElection: election(options),
    };
    const scheduler = new Keeper(addScheduler(plane, { name, port: await pick(), config }));
    await scheduler.revive();
    replicas.push({ extender, scheduler, tcp, http, token, clock });
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

function election({ replicas }: ArenaOptions): object {
  return replicas > 1 ? LEADER_ELECTION : { leaderElect: false };
}

function kubeconfig(port: number, certificate: string, tokenFile: string): string {
  const ca = Buffer.from(certificate).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'chaos', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': ca } },
    ],
    users: [{ name: 'chaos', user: { tokenFile } }],
    contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
    'current-context': 'chaos',
  });
}
