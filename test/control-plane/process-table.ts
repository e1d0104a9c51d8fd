/**
 * What the operating system knows about a process. A pid alone proves nothing (pids are reused, and a zombie still
 * answers to signal 0), so every judgement here rests on state, start time and command line together.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { hasErrorCode } from './system-error.ts';

/** A living process; zombies are not reported. */
export interface ProcessInfo {
  readonly pid: number;
  /** The first letter is the state of `ps`: R, S, D, T (stopped) and so on. */
  readonly state: string;
  /** Opaque; with the pid it identifies one process for as long as the machine is up. */
  readonly startedAt: string;
  /** The program and its arguments, joined by single spaces; empty for a kernel thread and a process that is dying. */
  readonly commandLine: string;
}

/** The process with this pid, or undefined when there is none or it is a zombie. */
export function readProcess(pid: number): ProcessInfo | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(['-p', String(pid)])[0];
}

/** Whether this very process is still there, not another one with its pid. */
export function isThere({ pid, startedAt }: Pick<ProcessInfo, 'pid' | 'startedAt'>): boolean {
  return readProcess(pid)?.startedAt === startedAt;
}

/** Every living process that this user may see. */
export function listProcesses(): ProcessInfo[] {
  if (process.platform !== 'linux') return fromPs(['-ax']);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => fromProc(Number(entry)) ?? []);
}

function fromProc(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = ''] = fields;
    const threads = Number(fields[17]);
    // The main thread of a killed process may be a zombie while others still hold its ports and files.
    if (state === 'X' || (state === 'Z' && threads <= 1)) return undefined;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    return { pid, state, startedAt: fields[19] ?? '', commandLine };
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function fromPs(selection: readonly string[]): ProcessInfo[] {
  const columns = ['-ww', '-o', 'pid=,state=,lstart=,args='];
  // lstart is five words in the C locale and anything at all in others.
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout, error } = spawnSync('ps', [...selection, ...columns], { encoding: 'utf8', env });
  if (error !== undefined) throw error;
  return stdout.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

/** Reads one line of `ps -o pid=,state=,lstart=,args=`; undefined for a zombie or a line of another shape. */
export function parsePsLine(line: string): ProcessInfo | undefined {
  const match = /^\s*(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
  const [, pid, state, startedAt, commandLine] = match ?? [];
  if (pid === undefined || state === undefined || startedAt === undefined || commandLine === undefined) {
    return undefined;
  }
  return state.startsWith('Z') ? undefined : { pid: Number(pid), state, startedAt, commandLine };
}
