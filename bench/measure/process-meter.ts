/**
 * CPU time and memory of processes, from /proc. Elsewhere than on Linux there are no figures.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

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

  /** @param pids by name; a process that starts later counts from its start. */
  constructor(pids: ReadonlyMap<string, () => number | undefined>) {
    this.#pids = pids;
    for (const [name, pid] of pids) this.#first.set(name, sampleOf(pid())?.cpuSeconds ?? 0);
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** Usage of each process; the ones that never ran are left out. */
  stop(): readonly ProcessUsage[] {
    clearInterval(this.#timer);
    this.#look();
    return [...this.#last].map(([name, { cpuSeconds }]) => ({
      name,
      cpuSeconds: cpuSeconds - (this.#first.get(name) ?? 0),
      peakMib: this.#peakMib.get(name) ?? 0,
    }));
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
