/**
 * A workload in a few short phrases.
 *
 * @module
 */
import { arrivalText } from '../workload/arrival.ts';
import type { Workload } from '../workload/workload.ts';

export function workloadFacts(workload: Workload): readonly string[] {
  const { nodes, jobs, mode, arrival, waiting, endsPerSecond, perJob } = workload;
  const count = nodes.groups.reduce((sum, group) => sum + group.count, 0);
  const groups = nodes.groups.map((group) => `${group.count.toLocaleString('en-US')} ${group.kind}`);
  const standing = nodes.groups.reduce((sum, group) => sum + group.count * (group.standing?.perNode ?? 0), 0);
  const total = jobs.count * jobs.executors;
  return [
    `${count.toLocaleString('en-US')} nodes: ${groups.join(', ')}, ${nodes.order}`,
    `${total.toLocaleString('en-US')} pods: ${jobs.count} jobs of ${jobs.executors} executors`,
    mode === 'drain' ? 'all queued before kube-scheduler starts' : `arriving ${arrivalText(arrival)}`,
    perJob ? 'every max is per job' : 'every max is for all jobs together',
    ...(standing === 0 ? [] : [`${standing.toLocaleString('en-US')} pods run from the start`]),
    ...(waiting === undefined ? [] : [`${waiting.pods.toLocaleString('en-US')} pods wait`]),
    ...(endsPerSecond === 0 ? [] : [`${endsPerSecond} pods end per second`]),
  ];
}
