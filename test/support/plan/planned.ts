/**
 * `plan` on texts, as the command runs it but for files, cluster and printing.
 *
 * @module
 */
import type { PlanFiles } from '../../../src/cli/plan-files.ts';
import { planFiles } from '../../../src/cli/plan-files.ts';
import { priceList } from '../../../src/cli/plan-prices.ts';
import type { PlanCluster } from '../../../src/cli/plan-scene.ts';
import { sceneOf } from '../../../src/cli/plan-scene.ts';
import type { PlanReport, PodPlan } from '../../../src/scheduling/plan-report.ts';
import { planReport } from '../../../src/scheduling/plan-report.ts';
import { plan } from '../../../src/scheduling/plan.ts';
import { VIRTUAL_NODES } from '../builders.ts';

export interface PlannedOptions {
  /** YAML of a price list. */
  readonly prices?: string;
  readonly durationMs?: number;
  readonly cluster?: PlanCluster;
}

/** A node of a file; virtual if its name begins with `eci`. */
export function nodeManifest(name: string, cpu = '8'): string {
  const isVirtual = name.startsWith('eci');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: isVirtual ? VIRTUAL_NODES : {} },
    spec: isVirtual
      ? { taints: [{ key: 'virtual-kubelet.io/provider', value: 'alibabacloud', effect: 'NoSchedule' }] }
      : {},
    status: { allocatable: { cpu, memory: '32Gi', pods: '110' } },
  });
}

/** @param texts YAML documents, in the order of their creation. */
export function filesOf(...texts: readonly string[]): PlanFiles {
  return planFiles([{ name: 'given.yaml', text: texts.join('\n---\n') }], 'default');
}

/** @throws when there is a problem with what is given. */
export function planned(texts: readonly string[], options: PlannedOptions = {}): PlanReport {
  const files = filesOf(...texts);
  if (files.problems.length > 0) throw new Error(JSON.stringify(files.problems));
  const scene = sceneOf(files, options.cluster, { virtualNodes: VIRTUAL_NODES, nowMs: Date.now() });
  const prices =
    options.prices === undefined ? undefined : priceList({ name: 'prices.yaml', text: options.prices });
  if (prices !== undefined && 'message' in prices) throw new Error(JSON.stringify(prices));
  return planReport({
    ...scene,
    plan: plan(scene.input),
    prices,
    durationMs: options.durationMs,
  });
}

/** Name → unit, `-` for a pod that no policy places, or `pending`. */
export function unitsOf({ workloads }: PlanReport): Readonly<Record<string, string>> {
  const pods = workloads.flatMap((workload) => workload.pods);
  return Object.fromEntries(pods.map((pod) => [pod.name, unitOf(pod)]));
}

function unitOf({ state, unit }: PodPlan): string {
  return state === 'pending' ? 'pending' : (unit?.name ?? '-');
}
