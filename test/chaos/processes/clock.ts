/**
 * Steps the wall clock of a process: loaded into it with `--import`, it adds to `Date` what a file says. The monotonic
 * clock goes on, as it does on a machine whose time is set.
 *
 * @module
 */
import { readFileSync, watchFile } from 'node:fs';

/** Environment variable with the path of the file that holds the offset, in milliseconds. */
export const OFFSET_FILE = 'CHAOS_CLOCK_OFFSET_FILE';

const file = process.env[OFFSET_FILE];
if (file !== undefined) follow(file);

function follow(path: string): void {
  const RealDate = Date;
  let offsetMs = 0;
  const read = (): void => {
    offsetMs = Number(readFileSync(path, 'utf8')) || 0;
  };
  read();
  watchFile(path, { interval: 200, persistent: false }, read);
  class SteppedDate extends RealDate {
    constructor(...args: [] | ConstructorParameters<typeof RealDate>) {
      if (args.length === 0) super(SteppedDate.now());
      else super(...args);
    }

    static override now(): number {
      return RealDate.now() + offsetMs;
    }
  }
  globalThis.Date = SteppedDate as DateConstructor;
}
