/**
 * A whole benchmark: every variant, round after round, on clusters that are alike.
 *
 * @module
 */
import type { RunResult, VariantResult } from '../report/result.ts';
import { schedulerConfigOf } from '../variants/scheduler-config.ts';
import type { Variant } from '../variants/variant.ts';
import { BASES, variantText } from '../variants/variant.ts';
import type { PlannedNode } from '../workload/nodes.ts';
import { planNodes } from '../workload/nodes.ts';
import type { Workload } from '../workload/workload.ts';
import { BenchCluster } from './bench-cluster.ts';
import type { Step } from './plan.ts';
import { planRuns, secondsLeft } from './plan.ts';
import { VariantRun } from './run-variant.ts';

export interface BenchSetting {
  readonly workload: Workload;
  readonly variants: readonly Variant[];
  readonly rounds: number;
  /** Is told what is being done, often; `left` is how many seconds the rest may take, when that is known. */
  readonly progress: (doing: string, left: number | undefined) => void;
  /** Called with the first cluster before the first run. */
  readonly started: (cluster: BenchCluster) => Promise<void>;
  /** Called after each run. */
  readonly finished: (run: RunResult) => void;
}

export class Bench {
  readonly #setting: BenchSetting;
  readonly #nodes: readonly PlannedNode[];
  readonly #plan: readonly Step<Variant>[];
  readonly #done: { variant: string; seconds: number }[] = [];
  readonly #extenderCommands = new Map<string, string>();
  #cluster: BenchCluster | undefined;
  /** How long the last cluster took to make. */
  #clusterMs = 0;
  #hasStarted = false;

  constructor(setting: BenchSetting) {
    this.#setting = setting;
    this.#nodes = planNodes(setting.workload.nodes);
    this.#plan = planRuns(setting.variants, setting.rounds);
  }

  /** Runs everything. A run that fails is told of like the others; what fails between runs is thrown. */
  async run(): Promise<void> {
    try {
      for (const [index, step] of this.#plan.entries()) await this.#step(step, index);
    } finally {
      await this.#cluster?.delete();
    }
  }

  /** What the variants are, as far as it is known. */
  get variants(): readonly VariantResult[] {
    return this.#setting.variants.map((variant) => ({
      id: variant.id,
      text: variantText(variant, this.#setting.workload),
      keepsPolicy: BASES[variant.base].keepsPolicy,
      extenderCommand: this.#extenderCommands.get(variant.id),
      schedulerConfig: schedulerConfigOf(
        variant,
        BASES[variant.base].extender === 'none' ? undefined : 'http://127.0.0.1:PORT',
      ),
    }));
  }

  async #step({ variant, round }: Step<Variant>, index: number): Promise<void> {
    const { workload, finished } = this.#setting;
    const progress = this.#progressOf(index);
    const cluster = await this.#freshCluster(progress);
    // Without the time for the cluster, which most runs do not need.
    const startMs = performance.now();
    const run = new VariantRun({ cluster, workload, nodes: this.#nodes, variant, progress });
    const startedAt = new Date().toISOString();
    const head = { variant: variant.id, round, startedAt };
    try {
      const { faults, measured, extenderCommand } = await run.run();
      if (extenderCommand !== undefined) this.#extenderCommands.set(variant.id, extenderCommand);
      finished({ ...head, faults, measured });
    } catch (error) {
      finished({ ...head, faults: [textOf(error)], measured: undefined });
      await this.#discard();
      return;
    }
    if (index < this.#plan.length - 1) await this.#clear(run.leftBehind, progress);
    this.#done.push({ variant: variant.id, seconds: (performance.now() - startMs) / 1_000 });
  }

  async #freshCluster(progress: (doing: string) => void): Promise<BenchCluster> {
    if (this.#cluster !== undefined) return this.#cluster;
    const startMs = performance.now();
    this.#cluster = await BenchCluster.start(this.#setting.workload, this.#nodes, progress);
    this.#clusterMs = performance.now() - startMs;
    if (!this.#hasStarted) await this.#setting.started(this.#cluster);
    this.#hasStarted = true;
    return this.#cluster;
  }

  /** Makes the cluster as it was before the run, or leaves it to the next run to make another, whichever is faster. */
  async #clear(names: readonly string[], progress: (doing: string) => void): Promise<void> {
    if (this.#cluster === undefined) return;
    progress(`deleting ${names.length} pods`);
    if (!(await this.#cluster.pods.deleteWithin(names, this.#clusterMs))) await this.#discard();
  }

  async #discard(): Promise<void> {
    await this.#cluster?.delete();
    this.#cluster = undefined;
  }

  #progressOf(index: number): (doing: string) => void {
    const step = this.#plan[index];
    const remaining = this.#plan.slice(index).map(({ variant }) => variant.id);
    const startMs = performance.now();
    return (doing) => {
      const elapsed = (performance.now() - startMs) / 1_000;
      const left = secondsLeft(this.#done, remaining);
      this.#setting.progress(
        `run ${index + 1} of ${this.#plan.length}, ${step?.variant.id ?? ''}: ${doing}`,
        left === undefined ? undefined : Math.max(0, left - elapsed),
      );
    };
  }
}

/** An error with what caused it, in one line. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${textOf(error.cause)}`;
}
