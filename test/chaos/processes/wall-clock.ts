/**
 * The wall clock of an extender, as {@link import('./clock.ts')} shows it.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OFFSET_FILE } from './clock.ts';

export class WallClock {
  readonly #file: string;

  /** @param file is made. */
  constructor(file: string) {
    this.#file = file;
    this.step(0);
  }

  /** What the process has to import. */
  readonly module = pathToFileURL(join(import.meta.dirname, 'clock.ts')).href;

  /** Environment of the process whose clock this is. */
  get env(): Readonly<Record<string, string>> {
    return { [OFFSET_FILE]: this.#file };
  }

  /** Sets it to so many milliseconds ahead of the real time. */
  step(offsetMs: number): void {
    writeFileSync(this.#file, String(offsetMs));
  }
}
