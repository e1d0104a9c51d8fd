/**
 * POST /preempt: on which of the nodes kube-scheduler may evict pods of lower priority.
 *
 * @module
 */
import type { Preemptor } from '../scheduling/preempt.ts';
import type { Verb } from './verb.ts';
import type { ExtenderPreemptionArgs, ExtenderPreemptionResult } from './wire.ts';
import { parsePreemptionArgs, preemptionResult } from './wire.ts';

export function preemptVerb(preemptor: Preemptor): Verb<ExtenderPreemptionArgs, ExtenderPreemptionResult> {
  return {
    name: 'preempt',
    parse: parsePreemptionArgs,
    answer: (args) => {
      const { outcome, nodeNames } = preemptor.choose(args.pod, args.victims);
      return { result: preemptionResult(args, nodeNames), outcome };
    },
  };
}
