/**
 * POST /filter: which of the feasible nodes the policy allows.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Decider, Decision } from '../scheduling/decide.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Verb } from './verb.ts';
import type { ExtenderArgs, ExtenderFilterResult } from './wire.ts';
import { filterResult, parseExtenderArgs } from './wire.ts';

export interface FilterParts {
  readonly decider: Decider;
  /** Resolves when it is our turn to decide about the pod, or when the caller cannot wait any longer. */
  readonly comes: (pod: PodFacts) => Promise<void>;
  /** Told of each decision. */
  readonly decided: (decision: Decision) => void;
}

/** @param logger gets each decision about a pod of a policy, at level debug. */
export function filterVerb(
  { decider, comes, decided }: FilterParts,
  logger: Logger,
): Verb<ExtenderArgs, ExtenderFilterResult> {
  return {
    name: 'filter',
    parse: parseExtenderArgs,
    answer: async (args) => {
      await comes(args.pod);
      const decision = decider.decide({
        pod: args.pod,
        candidates: args.nodeNames,
        constraints: args.constraints,
      });
      if (decision.outcome !== 'not-ours') logDecision(logger, args, decision);
      decided(decision);
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
