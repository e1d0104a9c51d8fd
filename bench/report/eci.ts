/**
 * What a run says about pods on ECI: their cost, and what part of their start is scheduling. The figures to compare with
 * are those of Alibaba Cloud's lecture on Spark on ECI (Serverless 容器从入门到精通, no. 04).
 *
 * @module
 */
import type { UnitForm } from '../workload/format.ts';
import type { Workload } from '../workload/workload.ts';
import type { EciCost } from './cost.ts';
import { eciCost } from './cost.ts';
import type { Measured } from './result.ts';

/** How fast one availability zone starts pods on ECI, by the lecture: 500 in 30 s. */
export const ZONE_STARTS = { pods: 500, seconds: 30 } as const;

/** Whether the unit is of virtual nodes. */
export function isEci({ resource, nodeSelector }: UnitForm): boolean {
  return resource === 'eci' || nodeSelector?.['type'] === 'virtual-kubelet';
}

/** Pods that went to units of virtual nodes. */
export function eciPods(units: readonly UnitForm[], { placement }: Measured): number {
  return units.reduce((sum, unit, index) => sum + (isEci(unit) ? (placement.perUnit[index] ?? 0) : 0), 0);
}

/** Undefined when the workload has no prices. */
export function costOf({ cost, units }: Workload, run: Measured): EciCost | undefined {
  return cost === undefined ? undefined : eciCost(cost, eciPods(units, run));
}

/** One figure of the lecture, and the run's. */
export interface StartCheck {
  readonly percent: number;
  readonly withinSeconds: number;
  /** In how many seconds this share of the pods ran, from their creation. */
  readonly seconds: number;
  /** How much of that was scheduling, seconds. */
  readonly schedulingSeconds: number;
}

/** Empty when pods did not run, or there is nothing to hold them against. */
export function startChecks({ runningWithin }: Workload, run: Measured): readonly StartCheck[] {
  const { running, scheduled } = run;
  if (running === undefined || scheduled === undefined) return [];
  return runningWithin.map(({ percent, time }) => ({
    percent,
    withinSeconds: time / 1_000,
    seconds: (running.curve[percent] ?? running.max) / 1_000,
    schedulingSeconds: (scheduled.curve[percent] ?? scheduled.max) / 1_000,
  }));
}

/** For how many availability zones' ECI the scheduling is fast enough; undefined when its pace is not known. */
export function zonesServed({ podsPerSecond }: Measured): number | undefined {
  return podsPerSecond === undefined ? undefined : podsPerSecond / (ZONE_STARTS.pods / ZONE_STARTS.seconds);
}
