/**
 * What a policy does that its author may not mean. Each finding is a rule applied to the policy alone, or to what is
 * known of the cluster and of the jobs it is written for; none makes the policy invalid. Pure.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Finding, Known } from './finding.ts';
import { lintFields } from './lint-fields.ts';
import { lintJobs } from './lint-jobs.ts';
import { lintNodes } from './lint-nodes.ts';
import { lintUnits } from './lint-units.ts';

/** ACK's. */
const VIRTUAL_NODES: Labels = { type: 'virtual-kubelet' };

/**
 * The findings about one policy: about its units, then its jobs, then its other fields; the same input gives the same
 * findings in the same order. A policy with problems (see `ResourcePolicy.problems`) has none: what it means is not known.
 */
export function lintPolicy(policy: ResourcePolicy, known: Known = {}): readonly Finding[] {
  if (policy.problems.length > 0) return [];
  const virtualNodes = known.virtualNodes ?? VIRTUAL_NODES;
  return [
    ...lintUnits(policy, virtualNodes),
    ...(known.nodes === undefined ? [] : lintNodes(policy, virtualNodes, known.nodes)),
    ...lintJobs(policy, known.jobs ?? []),
    ...lintFields(policy),
  ];
}
