/**
 * The extender of a variant, as a process: the one that is measured, or the no-op one.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import { beforeProcessEnds } from '../../test/control-plane/lifetime.ts';
import { waitUntil } from '../../test/control-plane/wait.ts';
import { ExtenderProcess } from '../../test/support/extender-process.ts';
import type { BaseName } from '../variants/variant.ts';
import { BASES } from '../variants/variant.ts';
import type { PlannedNode } from '../workload/nodes.ts';
import { GROUP_LABEL } from '../workload/pods.ts';
import { unitIndexOf } from '../workload/units.ts';
import type { Workload } from '../workload/workload.ts';
import type { NoopConfig } from './noop-main.ts';

/** A running extender. */
export interface Extender {
  readonly url: string;
  readonly pid: number;
  /** From its start until it made decisions. */
  readonly readyMs: number;
  /** Its command line without paths of this machine. */
  readonly command: string;
  /** The text of its /metrics. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export interface ExtenderSetting {
  readonly plane: ControlPlane;
  readonly workload: Workload;
  readonly nodes: readonly PlannedNode[];
}

/** Starts the extender that the variant has; undefined when it has none. */
export async function startExtender(base: BaseName, setting: ExtenderSetting): Promise<Extender | undefined> {
  switch (BASES[base].extender) {
    case 'none':
      return undefined;
    case 'noop':
      return startNoop(setting, base === 'noop-all');
    case 'ours':
      return startOurs(setting.plane, flagsOf(base));
  }
}

/** How `serve` is run; each flag is in the report. */
function flagsOf(base: BaseName): readonly string[] {
  // Without the bind verb it is ready only after --reservation-timeout, in which a predecessor's bindings may land.
  if (base === 'ours-filter') return ['--bind-verb', 'false', '--reservation-timeout', '5s'];
  return base === 'ours-admission' ? ['--admission', '127.0.0.1:0'] : [];
}

async function startOurs(plane: ControlPlane, flags: readonly string[]): Promise<Extender> {
  const extender = new ExtenderProcess({ kubeconfigPath: plane.kubeconfigPath, flags });
  const startMs = performance.now();
  await extender.start();
  await waitUntil('the extender is ready', async () => (await fetch(`${extender.url}/readyz`)).ok, {
    timeoutMs: 120_000,
    intervalMs: 20,
  });
  const readyMs = performance.now() - startMs;
  return {
    url: extender.url,
    pid: extender.pid ?? 0,
    readyMs,
    command: ['resource-policy serve --kubeconfig FILE --listen 127.0.0.1:0', ...flags].join(' '),
    metrics: async () => extender.metrics(),
    stop: async () => void (await extender.stop()),
  };
}

async function startNoop(
  { plane, workload, nodes }: ExtenderSetting,
  returnsAll: boolean,
): Promise<Extender> {
  const config: NoopConfig = {
    kubeconfigPath: plane.kubeconfigPath,
    groupLabel: GROUP_LABEL,
    perJob: workload.perJob,
    units: returnsAll
      ? undefined
      : workload.units.map(({ max }, index) => ({
          max,
          nodeNames: nodes
            .filter(({ labels }) => unitIndexOf(workload.units, labels) === index)
            .map(({ spec }) => spec.name),
        })),
  };
  const file = join(plane.workDir, 'noop-extender.json');
  writeFileSync(file, JSON.stringify(config));
  const startMs = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'noop-main.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const withdraw = beforeProcessEnds(() => void child.kill('SIGKILL'));
  child.once('exit', withdraw);
  const url = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
    exited.then(() => Promise.reject(new Error('the no-op extender ended'))),
  ]);
  return {
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - startMs,
    command: `node bench/extenders/noop-main.ts (${returnsAll ? 'returns every node' : 'returns nodes of the unit'})`,
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
