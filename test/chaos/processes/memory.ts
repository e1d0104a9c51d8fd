/**
 * Writes down what memory a process uses: loaded into it with `--import`.
 *
 * @module
 */
import { appendFileSync } from 'node:fs';

/** Environment variable with the path of the file that lines are added to. */
export const MEMORY_FILE = 'CHAOS_MEMORY_FILE';
/** Every so many milliseconds. */
const EVERY_MS = 5_000;

const file = process.env[MEMORY_FILE];
if (file !== undefined) {
  const note = (): void => {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    // The clock of this process may be a stepped one; a line is as old as its place says.
    appendFileSync(file, `${process.pid},${performance.now()},${rss},${heapUsed},${heapTotal},${external}\n`);
  };
  setInterval(note, EVERY_MS).unref();
}
