/**
 * POST /filter: which of the feasible nodes the policy allows.
 *
 * @module
 */
import type { Decider } from '../scheduling/decide.ts';
import type { Verb } from './verb.ts';
import type { ExtenderArgs, ExtenderFilterResult } from './wire.ts';
import { filterResult, parseExtenderArgs } from './wire.ts';

export function filterVerb(decider: Decider): Verb<ExtenderArgs, ExtenderFilterResult> {
  return {
    name: 'filter',
    parse: parseExtenderArgs,
    answer: (args) => {
      const decision = decider.decide(args.pod, args.nodeNames);
      return { result: filterResult(args, decision), outcome: decision.outcome };
    },
  };
}
