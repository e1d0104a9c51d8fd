/**
 * `resource-policy lint`: reads files, prints findings.
 *
 * @module
 */
import { isUnreadable } from './field-problem.ts';
import type { LintSettings } from './lint-command.ts';
import type { FileFinding, LintReport } from './lint-manifests.ts';
import { lintFiles } from './lint-manifests.ts';
import type { Unreadable } from './manifests.ts';
import { UNUSABLE } from './options.ts';
import { readText } from './read-text.ts';

/**
 * Findings go to standard output, a line each or, as JSON,
 * `{"findings": [{file, line, namespace, policy, path, code, message}], "unreadable": [{file, line, message}]}`, in which
 * the code `invalid` marks a policy that the API server would refuse or that places no pod. What could not be read, and
 * the sum, go to standard error.
 *
 * @returns the exit code: 0 nothing found, 1 findings, 2 a policy is invalid or a file cannot be read.
 */
export async function lint({ files, output, virtualNodeLabel }: LintSettings): Promise<number> {
  const inputs = await Promise.all([...new Set(files)].map(readText));
  const lost = inputs.filter(isUnreadable);
  const read = inputs.flatMap((input) => (isUnreadable(input) ? [] : [input]));
  const found = lintFiles(read, virtualNodeLabel);
  const report = { ...found, unreadable: [...lost, ...found.unreadable] };
  if (output === 'json') {
    const { findings, unreadable } = report;
    process.stdout.write(`${JSON.stringify({ findings, unreadable }, null, 2)}\n`);
  } else {
    process.stdout.write(report.findings.map((finding) => `${findingLine(finding)}\n`).join(''));
  }
  process.stderr.write(report.unreadable.map((place) => `${unreadableLine(place)}\n`).join(''));
  if (report.policies > 0 || report.unreadable.length === 0) process.stderr.write(`${sum(report)}\n`);
  return exitCode(report);
}

function findingLine({ file, line, policy, path, code, message }: FileFinding): string {
  return `${file}:${line}: policy ${policy}: ${path}: ${message} [${code}]`;
}

function unreadableLine({ file, line, message }: Unreadable): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}`;
}

function sum({ policies, findings }: LintReport): string {
  if (policies === 0) return 'no ResourcePolicy in what was given';
  const found = findings.length === 0 ? 'nothing found' : counted(findings.length, 'finding', 'findings');
  return `${counted(policies, 'policy', 'policies')}, ${found}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function exitCode({ policies, findings, unreadable }: LintReport): number {
  const isUnusable =
    policies === 0 || unreadable.length > 0 || findings.some(({ code }) => code === 'invalid');
  if (isUnusable) return UNUSABLE;
  return findings.length > 0 ? 1 : 0;
}
