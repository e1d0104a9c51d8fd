/**
 * The processes of a run: kube-scheduler and the extender of the variant, started for it and ended after it, and those of
 * the cluster that are metered with them.
 *
 * @module
 */
import type { Extender } from '../extenders/extender.ts';
import { startExtender } from '../extenders/extender.ts';
import type { Sample } from '../measure/prometheus.ts';
import { parseMetrics, since } from '../measure/prometheus.ts';
import { schedulerConfigOf } from '../variants/scheduler-config.ts';
import type { Variant } from '../variants/variant.ts';
import type { PlannedNode } from '../workload/nodes.ts';
import type { Workload } from '../workload/workload.ts';
import type { BenchCluster } from './bench-cluster.ts';

export interface CrewSetting {
  readonly cluster: BenchCluster;
  readonly workload: Workload;
  readonly nodes: readonly PlannedNode[];
  readonly variant: Variant;
}

/** What the processes say of themselves. */
export interface CrewSamples {
  readonly scheduler: readonly Sample[];
  readonly extender: readonly Sample[];
}

export class Crew {
  readonly #setting: CrewSetting;
  #extender: Extender | undefined;
  #before: CrewSamples = { scheduler: [], extender: [] };

  constructor(setting: CrewSetting) {
    this.#setting = setting;
  }

  /** Undefined when the variant has none, or it was not started. */
  get extender(): Extender | undefined {
    return this.#extender;
  }

  /** Resolves when it makes decisions. Does nothing when the variant has none. */
  async startExtender(): Promise<void> {
    const { variant, cluster, workload, nodes } = this.#setting;
    this.#extender = await startExtender(variant.base, { plane: cluster.plane, workload, nodes });
  }

  /** Resolves when it schedules; with the extender, if that was started. */
  async startScheduler(): Promise<void> {
    const { cluster, variant } = this.#setting;
    await cluster.plane.scheduler.start({ config: schedulerConfigOf(variant, this.#extender?.url) });
  }

  /** From now on metrics count. A kube-scheduler that is not there yet counts from its start. */
  async beginCounting(): Promise<void> {
    this.#before = await this.#samples();
  }

  /** Metrics since {@link beginCounting}. */
  async counted(): Promise<CrewSamples> {
    const { scheduler, extender } = await this.#samples();
    return {
      scheduler: since(this.#before.scheduler, scheduler),
      extender: since(this.#before.extender, extender),
    };
  }

  /** Process ids by name, as they are at each call. */
  processes(): ReadonlyMap<string, () => number | undefined> {
    const { etcd, apiServer, scheduler, kwok } = this.#setting.cluster.plane;
    const components = [etcd, apiServer, scheduler, kwok].map(
      (component) => [component.name, () => component.pid] as const,
    );
    const pid = (): number | undefined => this.#extender?.pid;
    return new Map([...components, ['extender', pid], ['the benchmark itself', () => process.pid]]);
  }

  /** Ends what was started for the run. */
  async end(): Promise<void> {
    await this.#setting.cluster.plane.scheduler.kill();
    await this.#extender?.stop();
  }

  async #samples(): Promise<CrewSamples> {
    const { scheduler } = this.#setting.cluster.plane;
    const [schedulerText, extenderText] = await Promise.all([
      scheduler.pid === undefined ? '' : scheduler.get('/metrics'),
      this.#extender?.metrics() ?? '',
    ]);
    return { scheduler: parseMetrics(schedulerText), extender: parseMetrics(extenderText) };
  }
}
