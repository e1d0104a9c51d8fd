/**
 * POST /filter: which of the feasible nodes the policy allows.
 *
 * @module
 */
import type { Decider, Decision } from '../scheduling/decide.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Verb } from './verb.ts';
import type { ExtenderArgs, ExtenderFilterResult } from './wire.ts';
import { filterResult, parseExtenderArgs } from './wire.ts';

/** @param logger gets each decision about a pod of a policy, at level debug. */
export function filterVerb(decider: Decider, logger: Logger): Verb<ExtenderArgs, ExtenderFilterResult> {
  return {
    name: 'filter',
    parse: parseExtenderArgs,
    answer: (args) => {
      const decision = decider.decide(args.pod, args.nodeNames);
      if (decision.outcome !== 'not-ours') logDecision(logger, args, decision);
      return { result: filterResult(args, decision), outcome: decision.outcome };
    },
  };
}

function logDecision(
  logger: Logger,
  { pod, nodeNames }: ExtenderArgs,
  decision: Exclude<Decision, { outcome: 'not-ours' }>,
): void {
  logger.debug(
    {
      pod: `${pod.namespace}/${pod.name}`,
      outcome: decision.outcome,
      unit: decision.outcome === 'chosen' ? decision.unit?.name : undefined,
      candidates: nodeNames.length,
    },
    decision.text,
  );
}
