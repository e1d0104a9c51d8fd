/**
 * One run: a variant on a cluster that has no pods but those that nodes have from the start.
 *
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { judge } from '../judge/checker.ts';
import { faultsOf } from '../judge/verdict.ts';
import { extenderFigures, schedulerFigures, slowestAttemptMs } from '../measure/figures.ts';
import type { PodTimes } from '../measure/pod-log.ts';
import { PodLog } from '../measure/pod-log.ts';
import { PodWatch } from '../measure/pod-watch.ts';
import { ProcessMeter } from '../measure/process-meter.ts';
import type { Measured } from '../report/result.ts';
import { preferredAffinity } from '../variants/affinity.ts';
import { BASES } from '../variants/variant.ts';
import type { PlannedPod } from '../workload/pods.ts';
import { measuredPods, podManifest, standingPods, waitingPods } from '../workload/pods.ts';
import { placedByPolicy, roomOf } from '../workload/workload.ts';
import { playArrival } from './arrival-player.ts';
import { Churn } from './churn.ts';
import type { CrewSetting } from './crew.ts';
import { Crew } from './crew.ts';
import type { Ending } from './ending.ts';
import { endingOf } from './ending.ts';
import { timesOf } from './times.ts';

/** When kube-scheduler's slowest attempt is not known, nearly every binding may have been under way. */
const UNKNOWN_ATTEMPT_MS = 60_000;
const NANOSECONDS_PER_MS = 1e6;

export interface RunSetting extends CrewSetting {
  /** Is told what is being done, often. */
  readonly progress: (doing: string) => void;
}

export interface RunOutcome {
  readonly faults: readonly string[];
  readonly measured: Measured;
  readonly extenderCommand: string | undefined;
}

/** What changes while a run goes on. */
interface Measurement {
  readonly startMs: number;
  arrivedMs: number | undefined;
  latestArrivalMs: number;
  hasFailed: boolean;
}

export class VariantRun {
  readonly #setting: RunSetting;
  readonly #pods: ReadonlyMap<string, PlannedPod>;
  readonly #measured: readonly PlannedPod[];
  readonly #waiting: readonly PlannedPod[];
  readonly #log: PodLog;
  readonly #watch: PodWatch;
  readonly #crew: Crew;
  /** Index of the first binding that churn has not looked at. */
  #nextToEnd = 0;

  constructor(setting: RunSetting) {
    this.#setting = setting;
    this.#crew = new Crew(setting);
    const { workload, variant, nodes, cluster } = setting;
    this.#measured = measuredPods(workload);
    this.#waiting = variant.hasWaiting ? waitingPods(workload) : [];
    const all = [...standingPods(nodes), ...this.#waiting, ...this.#measured];
    this.#pods = new Map(all.map((pod) => [pod.name, pod]));
    this.#log = new PodLog((name) => this.#pods.get(name)?.role ?? 'unknown');
    this.#watch = new PodWatch(cluster.plane.kubeconfigPath, this.#log);
  }

  /** Names of pods that the run left behind. */
  get leftBehind(): readonly string[] {
    return this.#log.alive
      .map(({ name }) => name)
      .filter((name) => this.#pods.get(name)?.role !== 'standing');
  }

  /** Runs and judges; the processes that it started have ended then. Pods stay. */
  async run(): Promise<RunOutcome> {
    try {
      await this.#watch.start();
      if (this.leftBehind.length > 0) throw new Error('pods of an earlier run are there');
      return await (this.#setting.workload.mode === 'drain' ? this.#drain() : this.#latency());
    } finally {
      await this.#crew.end();
      await this.#watch.stop();
    }
  }

  /** The queue is full before kube-scheduler starts. */
  async #drain(): Promise<RunOutcome> {
    const { variant, progress } = this.#setting;
    // A webhook has to see pods when they are created; other extenders start with them there, as after a restart.
    if (variant.base === 'ours-admission') await this.#startExtender();
    progress(`creating ${this.#measured.length} pods`);
    await this.#setting.cluster.pods.createAll(this.#measured, (pod) => this.#manifest(pod));
    await this.#untilSeen('measured', this.#measured.length);
    if (variant.base !== 'ours-admission') await this.#startExtender();
    await this.#crew.beginCounting();
    return this.#measure(async (measurement) => {
      measurement.arrivedMs = measurement.startMs;
      await this.#crew.startScheduler();
    });
  }

  /** Pods arrive while kube-scheduler runs. */
  async #latency(): Promise<RunOutcome> {
    await this.#startExtender();
    await this.#crew.startScheduler();
    if (this.#waiting.length > 0) await this.#letWait();
    await this.#crew.beginCounting();
    return this.#measure(async (measurement) => {
      const { workload, cluster } = this.#setting;
      measurement.latestArrivalMs = await playArrival(this.#measured, workload.arrival, async (pod) =>
        cluster.pods.create(this.#manifest(pod)),
      );
      await this.#untilSeen('measured', this.#measured.length);
      measurement.arrivedMs = performance.now();
    });
  }

  /** Resolves when every waiting pod was told that there is no node for it, and the others of its job have theirs. */
  async #letWait(): Promise<void> {
    const { workload, cluster, progress } = this.#setting;
    const placed = roomOf(workload.units) * (workload.waiting?.jobs ?? 0);
    progress(`creating ${this.#waiting.length} pods, of which ${this.#waiting.length - placed} wait`);
    await cluster.pods.createAll(this.#waiting, (pod) => this.#manifest(pod));
    await this.#watch.until(
      'the waiting pods wait',
      () =>
        this.#log.counts('waiting').bound >= placed &&
        this.#log.counts('waiting').created === this.#waiting.length &&
        this.#log.alive.every(({ boundMs, hasWaited }) => boundMs !== undefined || hasWaited),
      workload.limitMs,
    );
  }

  async #measure(begin: (measurement: Measurement) => Promise<void>): Promise<RunOutcome> {
    const { workload } = this.#setting;
    const meter = new ProcessMeter(this.#crew.processes());
    const loop = monitorEventLoopDelay({ resolution: 5 });
    loop.enable();
    const measurement: Measurement = {
      startMs: performance.now(),
      arrivedMs: undefined,
      latestArrivalMs: 0,
      hasFailed: false,
    };
    const churn =
      workload.endsPerSecond > 0
        ? new Churn(workload.endsPerSecond, async () => this.#endOldest())
        : undefined;
    const begun = begin(measurement).catch((error: unknown) => {
      measurement.hasFailed = true;
      throw error;
    });
    const [ending] = await Promise.all([this.#untilEnding(measurement), begun]);
    await churn?.stop();
    loop.disable();
    const { processes, othersPercent } = meter.stop();
    const { scheduler, extender } = await this.#crew.counted();
    const lagMaxMs = loop.max / NANOSECONDS_PER_MS;
    const bindingWindowMs = (slowestAttemptMs(scheduler) ?? UNKNOWN_ATTEMPT_MS) + lagMaxMs;
    return this.#outcome(ending, {
      ...timesOf(this.#measuredTimes(), measurement.startMs, workload.mode),
      expected: this.#expected(),
      placement: { ...this.#judgement(bindingWindowMs), bindingWindowMs },
      processes,
      scheduler: schedulerFigures(scheduler),
      extender:
        this.#crew.extender === undefined
          ? undefined
          : { ...extenderFigures(extender), readyMs: this.#crew.extender.readyMs },
      observer: {
        lagP99Ms: loop.percentile(99) / NANOSECONDS_PER_MS,
        lagMaxMs,
        othersPercent,
        latestArrivalMs: measurement.latestArrivalMs,
      },
    });
  }

  #outcome(ending: Ending, measured: Measured): RunOutcome {
    const { expected, bound, placement } = measured;
    const faults = faultsOf({
      keepsPolicy: BASES[this.#setting.variant.base].keepsPolicy,
      expected,
      bound,
      endedBy: ending.cutBy,
      judgement: placement,
    });
    return { faults, measured, extenderCommand: this.#crew.extender?.command };
  }

  async #untilEnding(measurement: Measurement): Promise<Ending> {
    const { workload, progress } = this.#setting;
    const rule = {
      expected: this.#expected(),
      total: this.#measured.length,
      untilRunning: workload.start !== undefined && workload.endsPerSecond === 0,
      stallMs: workload.stallMs,
      limitMs: workload.limitMs,
    };
    let ending: Ending | undefined;
    await this.#watch.until(
      'the run is over',
      () => {
        const nowMs = performance.now();
        const { bound, running } = this.#log.counts('measured');
        const runs = rule.untilRunning ? `, ${running} running` : '';
        progress(`${bound} of ${rule.expected} pods scheduled${runs}`);
        ending = endingOf(this.#log, rule, { ...measurement, nowMs });
        return measurement.hasFailed || ending !== undefined;
      },
      // Longer than the rule's own limit, which tells more.
      workload.limitMs + workload.stallMs,
    );
    return ending ?? { cutBy: 'it failed' };
  }

  /** Pods that get a node: as many as the policy takes where it is kept, else all. */
  #expected(): number {
    const { variant, workload } = this.#setting;
    const { extender } = BASES[variant.base];
    const isBounded = extender === 'ours' || variant.base.startsWith('noop-same');
    return isBounded ? placedByPolicy(workload) : this.#measured.length;
  }

  #judgement(bindingWindowMs: number): ReturnType<typeof judge> {
    const { variant, workload, nodes } = this.#setting;
    const { events } = this.#log;
    const created = variant.base === 'ours-admission' ? [...this.#log.pods.keys()] : [];
    return judge({ workload, nodes, pods: this.#pods, events, created, bindingWindowMs });
  }

  #measuredTimes(): readonly PodTimes[] {
    return [...this.#log.pods.values()].filter(({ name }) => this.#pods.get(name)?.role === 'measured');
  }

  /** Deletes the measured pod that was bound first of those that are left, if there is one. */
  async #endOldest(): Promise<void> {
    for (let event = this.#log.events[this.#nextToEnd]; event !== undefined;) {
      this.#nextToEnd += 1;
      if (event.kind === 'bound' && this.#pods.get(event.pod)?.role === 'measured') {
        await this.#setting.cluster.pods.delete(event.pod);
        return;
      }
      event = this.#log.events[this.#nextToEnd];
    }
  }

  #manifest(pod: PlannedPod): object {
    const { variant, workload } = this.#setting;
    return podManifest(pod, variant.base === 'affinity' ? preferredAffinity(workload.units) : undefined);
  }

  async #untilSeen(role: string, count: number): Promise<void> {
    const { limitMs } = this.#setting.workload;
    await this.#watch.until(`${count} pods are seen`, () => this.#log.counts(role).created >= count, limitMs);
  }

  async #startExtender(): Promise<void> {
    this.#setting.progress('starting the extender');
    await this.#crew.startExtender();
  }
}
