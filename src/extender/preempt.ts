/**
 * POST /preempt: on which of the nodes kube-scheduler may evict pods of lower priority.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Preemptor } from '../scheduling/preempt.ts';
import type { Verb } from './verb.ts';
import type { ExtenderPreemptionArgs, ExtenderPreemptionResult } from './wire.ts';
import { parsePreemptionArgs, preemptionResult } from './wire.ts';

export interface PreemptParts {
  readonly preemptor: Preemptor;
  /** Resolves when it is our turn to decide about the pod, or when the caller cannot wait any longer. */
  readonly comes: (pod: PodFacts) => Promise<void>;
}

export function preemptVerb({
  preemptor,
  comes,
}: PreemptParts): Verb<ExtenderPreemptionArgs, ExtenderPreemptionResult> {
  return {
    name: 'preempt',
    parse: parsePreemptionArgs,
    answer: async (args) => {
      await comes(args.pod);
      const { outcome, nodeNames } = preemptor.choose(args.pod, args.victims);
      return { result: preemptionResult(args, nodeNames), outcome };
    },
  };
}
