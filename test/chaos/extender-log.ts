/**
 * What the logs of the extenders tell of themselves: lines that must never be there.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface LogFindings {
  /** Counts that differed from a recount. */
  readonly mismatches: number;
  /** Other lines at level error or fatal, and what is no line of the log at all, such as an uncaught error; a few. */
  readonly errors: readonly string[];
}

const MOST_ERRORS = 20;

/** Reads the logs from the beginning. */
export async function findingsIn(files: readonly string[]): Promise<LogFindings> {
  let mismatches = 0;
  const errors: string[] = [];
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const entry = parsed(line);
      if (entry === undefined) errors.push(line);
      else if (/differed from a recount/.test(entry.msg)) mismatches += 1;
      else if (/^(error|fatal)$/.test(entry.level)) errors.push(line);
    }
  }
  return { mismatches, errors: errors.slice(0, MOST_ERRORS) };
}

function parsed(line: string): { readonly level: string; readonly msg: string } | undefined {
  try {
    const { level = '', msg = '' }: { level?: string; msg?: string } = JSON.parse(line);
    return { level, msg };
  } catch {
    return undefined;
  }
}
