/**
 * `bench compare BEFORE.json AFTER.json`.
 *
 * @module
 */
import { compareResults } from './report/compare.ts';
import { readResult } from './report/result.ts';
import { spreadText, textTable } from './report/text.ts';

/** Exit code 1 when a figure became worse, or a variant places pods wrongly that did not before. */
export function compareCommand(
  beforeFile: string,
  afterFile: string,
  { threshold }: { readonly threshold: number },
): void {
  const comparison = compareResults(readResult(beforeFile), readResult(afterFile), threshold);
  const { differences, newFaults, warnings } = comparison;
  for (const warning of warnings) process.stdout.write(`Note: ${warning}\n`);
  process.stdout.write(
    `${textTable(
      ['variant', 'figure', 'before', 'after', 'ratio', 'verdict'],
      differences.map(({ variant, metric, before, after, ratio, verdict }) => [
        variant,
        `${metric.title}, ${metric.unit}`,
        spreadText(before),
        spreadText(after),
        ratio.toFixed(2),
        verdict,
      ]),
    )}\n`,
  );
  for (const fault of newFaults) process.stdout.write(`WRONG: ${fault}\n`);
  const worse = differences.filter(({ verdict }) => verdict === 'worse').length;
  const better = differences.filter(({ verdict }) => verdict === 'better').length;
  process.stdout.write(
    `${better} better, ${worse} worse, ${differences.length - better - worse} the same within ${threshold} % or their spread\n`,
  );
  if (worse > 0 || newFaults.length > 0) process.exitCode = 1;
}
