/**
 * POST /bind: binds the pod to the node that kube-scheduler chose. Answers after the API server did.
 *
 * @module
 */
import type { BindRequest, Committer } from '../scheduling/commit.ts';
import type { Verb } from './verb.ts';
import type { ExtenderBindingResult } from './wire.ts';
import { parseBindingArgs } from './wire.ts';

export function bindVerb(committer: Committer): Verb<BindRequest, ExtenderBindingResult> {
  return {
    name: 'bind',
    parse: parseBindingArgs,
    answer: async (request) => {
      const { outcome, error } = await committer.bind(request);
      return { result: { Error: error ?? '' }, outcome };
    },
  };
}
