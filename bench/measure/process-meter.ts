/**
 * CPU time and memory of processes, from /proc. Elsewhere than on Linux there are no figures.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Clock ticks per second in /proc: USER_HZ, which is 100 on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 500;
const MIB = 2 ** 20;

export interface ProcessUsage {
  readonly name: string;
  /** CPU time between start and end of the measurement, all threads. */
  readonly cpuSeconds: number;
  /** Most resident memory seen, MiB. */
  readonly peakMib: number;
}

/** What a measurement took. */
export interface MeteredUsage {
  /** The processes that ran. */
  readonly processes: readonly ProcessUsage[];
  /** Share of all processors that other programs of the machine used, percent; undefined where nobody says. */
  readonly othersPercent: number | undefined;
}

interface Sample {
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

/** Follows some processes from its construction until it is stopped. */
export class ProcessMeter {
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, Sample>();
  readonly #peakMib = new Map<string, number>();
  readonly #pids: ReadonlyMap<string, () => number | undefined>;
  readonly #timer: NodeJS.Timeout;
  readonly #startMs = performance.now();
  readonly #machineSeconds = machineSeconds();

  /** @param pids by name; a process that starts later counts from its start. */
  constructor(pids: ReadonlyMap<string, () => number | undefined>) {
    this.#pids = pids;
    for (const [name, pid] of pids) this.#first.set(name, sampleOf(pid())?.cpuSeconds ?? 0);
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  stop(): MeteredUsage {
    clearInterval(this.#timer);
    this.#look();
    const processes = [...this.#last].map(([name, { cpuSeconds }]) => ({
      name,
      cpuSeconds: cpuSeconds - (this.#first.get(name) ?? 0),
      peakMib: this.#peakMib.get(name) ?? 0,
    }));
    return { processes, othersPercent: this.#othersPercent(processes) };
  }

  #othersPercent(processes: readonly ProcessUsage[]): number | undefined {
    const now = machineSeconds();
    if (now === undefined || this.#machineSeconds === undefined) return undefined;
    const all = now - this.#machineSeconds;
    const own = processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    const possible = ((performance.now() - this.#startMs) / 1_000) * availableParallelism();
    return Math.max(0, ((all - own) / possible) * 100);
  }

  #look(): void {
    for (const [name, pid] of this.#pids) {
      const sample = sampleOf(pid());
      if (sample === undefined) continue;
      this.#last.set(name, sample);
      this.#peakMib.set(name, Math.max(this.#peakMib.get(name) ?? 0, sample.residentMib));
    }
  }
}

function sampleOf(pid: number | undefined): Sample | undefined {
  if (pid === undefined) return undefined;
  try {
    return {
      cpuSeconds: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8')),
      residentMib: residentMibOf(readFileSync(`/proc/${pid}/status`, 'utf8')),
    };
  } catch {
    return undefined;
  }
}

function machineSeconds(): number | undefined {
  try {
    return busySecondsOf(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** CPU time of everything that ran on the machine, by its /proc/stat. */
export function busySecondsOf(stat: string): number {
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of user.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** User and system time of a /proc/PID/stat. */
export function cpuSecondsOf(stat: string): number {
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** VmRSS of a /proc/PID/status, MiB. */
export function residentMibOf(status: string): number {
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024) / MIB;
}
