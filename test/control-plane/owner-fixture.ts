/**
 * A program that owns a cluster, for the tests of what becomes of the cluster when its owner ends. It writes one line
 * of JSON ({@link OwnerReport}) when the cluster runs. With the argument `keep` it keeps the cluster and ends;
 * otherwise it stays until a signal ends it.
 *
 * @module
 */
import { startControlPlane } from './control-plane.ts';
import { listProcesses } from './process-table.ts';
import { processesOf } from './removal.ts';

/** What the program writes. */
export interface OwnerReport {
  readonly name: string;
  readonly workDir: string;
  readonly pids: readonly number[];
  readonly guardianPid: number | undefined;
}

const plane = await startControlPlane();
const report: OwnerReport = {
  name: plane.name,
  workDir: plane.workDir,
  pids: processesOf(plane.workDir).map(({ pid }) => pid),
  guardianPid: listProcesses().find(({ commandLine }) => commandLine.includes(`guardian.ts ${process.pid} `))
    ?.pid,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
if (process.argv[2] === 'keep') {
  plane.keep();
  await plane.api.close();
} else {
  setInterval(() => undefined, 60_000);
}
