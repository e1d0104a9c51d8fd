/**
 * Lint rules that need the jobs a policy is written for, or the policies beside it. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { carriesAll } from '../facts/labels.ts';
import { groupOf } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Finding, KnownJob } from './finding.ts';

/** Pods that are alike and run at the same time. */
export interface PodSet {
  /** Labels that each has, those that controllers add at run time included, with any value where it is not known. */
  readonly labels: Labels;
  readonly pods: number;
}

/** A job as its manifest describes it. */
export interface JobSpec {
  readonly name: string;
  readonly podSets: readonly PodSet[];
}

export function lintJobs(policy: ResourcePolicy, jobs: readonly KnownJob[]): readonly Finding[] {
  const limits = policy.units.map(({ max }) => max);
  if (limits.some((max) => max === undefined)) return [];
  const most = limits.reduce<number>((sum, max) => sum + (max ?? 0), 0);
  return jobs
    .filter(({ pods }) => pods > most)
    .map(({ name, pods }) => {
      const rest = pods - most;
      const who = rest === 1 ? '1 of them waits' : `${rest} of them wait`;
      const message =
        `together the units take at most ${most} pods of a group, and ${name} has ${pods}: ${who} until others end; ` +
        'raise a max, or add a unit without one';
      return { code: 'max-below-job', path: 'spec.units', message };
    });
}

/** The job as the policy sees it; undefined when it selects none of its pods. */
export function knownJob(policy: ResourcePolicy, { name, podSets }: JobSpec): KnownJob | undefined {
  const selected = podSets.filter(({ labels }) => selects(policy, labels));
  const pods = selected.reduce((sum, set) => sum + set.pods, 0);
  return pods === 0 ? undefined : { name, pods };
}

/** Pods of the job that the policy selects and cannot group. */
export function ungroupedJob(policy: ResourcePolicy, { name, podSets }: JobSpec): Finding | undefined {
  for (const { labels } of podSets) {
    const grouping = selects(policy, labels) ? groupOf(policy, labels) : undefined;
    if (grouping?.kind !== 'missing-label') continue;
    const message =
      `pods of ${name} lack the label ${grouping.label}, so none of them is scheduled; ` +
      'add it to the pods, or narrow selector to pods that carry it';
    return { code: 'ungrouped-job', path: 'spec.matchLabelKeys', message };
  }
  return undefined;
}

/**
 * Other policies that select pods of this one: such pods are not scheduled.
 *
 * @param others policies of the same namespace.
 * @param jobs jobs of that namespace.
 */
export function overlappingPolicies(
  policy: ResourcePolicy,
  others: readonly ResourcePolicy[],
  jobs: readonly JobSpec[],
): readonly Finding[] {
  return others
    .filter((other) => other !== policy)
    .flatMap((other) => {
      const pods = sharedPods(policy, other, jobs);
      if (pods === undefined) return [];
      const message =
        `ResourcePolicy ${other.name} selects ${pods} too, and a pod that two policies select is not scheduled; ` +
        'change the selectors so that one does';
      return [{ code: 'overlapping-policies', path: 'spec.selector', message } as const];
    });
}

/** Which pods both surely select; undefined: none that is known. */
function sharedPods(
  policy: ResourcePolicy,
  other: ResourcePolicy,
  jobs: readonly JobSpec[],
): string | undefined {
  const job = jobs.find(({ podSets }) =>
    podSets.some(({ labels }) => selects(policy, labels) && selects(other, labels)),
  );
  if (job !== undefined) return `pods of ${job.name}`;
  const isWider = other.matchExpressions.length === 0 && carriesAll(policy.selector, other.selector);
  return isWider ? 'every pod that this one does' : undefined;
}
