/**
 * Lists and deletes the clusters of this checkout, for those that were kept:
 * `node test/control-plane/cli.ts list`, `… delete NAME`, `… delete --all`.
 *
 * @module
 */
import { listRecords, ownerLives, type ClusterRecord } from './cluster-record.ts';
import { kubeconfigOf } from './kwokctl.ts';
import { removeCluster } from './removal.ts';

const usage = `Usage:
  npm run cluster -- list            lists the clusters of this checkout
  npm run cluster -- delete NAME     deletes one
  npm run cluster -- delete --all    deletes all of them, those in use included
`;

process.exitCode = main(process.argv.slice(2));

function main([command, argument, ...rest]: readonly (string | undefined)[]): number {
  if (command === 'list' && argument === undefined) return list();
  if (command === 'delete' && argument !== undefined && rest.length === 0) return deleteClusters(argument);
  const isAsked = command === '--help' || command === 'help';
  (isAsked ? process.stdout : process.stderr).write(usage);
  return isAsked ? 0 : 2;
}

function list(): number {
  const records = listRecords();
  if (records.length === 0) process.stderr.write('this checkout has no clusters\n');
  for (const record of records) {
    process.stdout.write(`${record.name}\t${describe(record)}\t${kubeconfigOf(record.workDir)}\n`);
  }
  return 0;
}

function describe(record: ClusterRecord): string {
  if (record.kept) return 'kept';
  return ownerLives(record)
    ? `in use by process ${record.ownerPid}`
    : 'left behind; the next start removes it';
}

function deleteClusters(which: string): number {
  const chosen = listRecords().filter(({ name }) => which === '--all' || name === which);
  for (const record of chosen) {
    removeCluster(record);
    process.stdout.write(`deleted ${record.name}\n`);
  }
  if (chosen.length > 0 || which === '--all') return 0;
  process.stderr.write(`there is no cluster named ${which}\n`);
  return 1;
}
