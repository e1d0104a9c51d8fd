/**
 * Several kube-schedulers of one cluster, each with an extender of its own beside it; one of them leads.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Component } from '../../control-plane/component.ts';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { kubeconfigOf, readCommands } from '../../control-plane/kwokctl.ts';
import type { SchedulerConfig } from '../../control-plane/scheduler-config.ts';
import { completeSchedulerConfig } from '../../control-plane/scheduler-config.ts';

export interface SchedulerOptions {
  /** A folder of this name in the cluster's takes its files. */
  readonly name: string;
  readonly port: number;
  readonly config: SchedulerConfig;
}

/** By itself kube-scheduler looks at every pod again after five minutes: whoever needs that is stuck. */
const NO_RESCUE = '--pod-max-in-unschedulable-pods-duration=24h';

/** Another kube-scheduler of the cluster, run as its own one is but with its own configuration and port. */
export function addScheduler(plane: ControlPlane, { name, port, config }: SchedulerOptions): Component {
  const workDir = join(plane.workDir, name);
  for (const folder of ['logs', 'pids']) mkdirSync(join(workDir, folder), { recursive: true });
  const configFile = join(workDir, 'scheduler.yaml');
  writeFileSync(configFile, completeSchedulerConfig(config, kubeconfigOf(plane.workDir)));
  const command = readCommands(plane.workDir)['kube-scheduler'];
  const own = { '--config': configFile, '--secure-port': String(port) };
  const args = command.args.map((arg) => {
    const [flag = ''] = arg.split('=');
    const value = Object.entries(own).find(([key]) => key === flag)?.[1];
    return value === undefined ? arg : `${flag}=${value}`;
  });
  return new Component({
    name: 'kube-scheduler',
    workDir,
    command: { ...command, args: [...args, NO_RESCUE] },
    url: `https://127.0.0.1:${port}`,
    readyPath: '/healthz',
  });
}

/** Whether this one leads; undefined when it does not answer. */
export async function leads(scheduler: Component): Promise<boolean | undefined> {
  try {
    const metrics = await scheduler.get('/metrics');
    return /^leader_election_master_status\{name="[^"]*"\} 1$/m.test(metrics);
  } catch {
    return undefined;
  }
}
