/**
 * POST /bind: binds the pod to the node that kube-scheduler chose. Answers after the API server did.
 *
 * @module
 */
import type { BindRequest, Commit, Committer } from '../scheduling/commit.ts';
import type { Verb } from './verb.ts';
import type { ExtenderBindingResult } from './wire.ts';
import { parseBindingArgs } from './wire.ts';

export interface BindParts {
  readonly committer: Committer;
  /** Told of what became of each pod. */
  readonly committed: (commit: Commit) => void;
}

export function bindVerb({ committer, committed }: BindParts): Verb<BindRequest, ExtenderBindingResult> {
  return {
    name: 'bind',
    parse: parseBindingArgs,
    answer: async (request) => {
      const commit = await committer.bind(request);
      committed(commit);
      const { outcome, error } = commit;
      return { result: { Error: error ?? '' }, outcome };
    },
  };
}
