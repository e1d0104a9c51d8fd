/**
 * POST /prioritize: nodes ranked by the order of their units.
 *
 * @module
 */
import type { Ranker } from '../scheduling/rank.ts';
import type { Verb } from './verb.ts';
import type { ExtenderArgs, HostPriorityList } from './wire.ts';
import { parseExtenderArgs, priorityList } from './wire.ts';

export function prioritizeVerb(ranker: Ranker): Verb<ExtenderArgs, HostPriorityList> {
  return {
    name: 'prioritize',
    parse: parseExtenderArgs,
    answer: (args) => {
      const scores = ranker.rank(args.pod, args.nodeNames);
      return { result: priorityList(scores), outcome: scores.length === 0 ? 'not-ours' : 'ranked' };
    },
  };
}
