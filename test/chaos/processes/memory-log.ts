/**
 * What memory an extender used, as {@link import('./memory.ts')} wrote it down.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MEMORY_FILE } from './memory.ts';

/** One look, in bytes. */
export interface MemorySample {
  readonly pid: number;
  /** Since the process started. */
  readonly seconds: number;
  readonly rss: number;
  readonly heapUsed: number;
}

export class MemoryLog {
  readonly #file: string;
  /** What the process has to import. */
  readonly module = pathToFileURL(join(import.meta.dirname, 'memory.ts')).href;

  constructor(file: string) {
    this.#file = file;
  }

  /** Environment of the process. */
  get env(): Readonly<Record<string, string>> {
    return { [MEMORY_FILE]: this.#file };
  }

  /** All looks so far, restarts included. */
  get samples(): MemorySample[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => {
      const [pid = 0, ms = 0, rss = 0, heapUsed = 0] = line.split(',').map(Number);
      return { pid, seconds: ms / 1000, rss, heapUsed };
    });
  }
}
