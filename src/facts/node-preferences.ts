/**
 * Which nodes a pod would rather be on: preferred node affinity. Pure.
 *
 * @module
 */
import type { NodeTerm, NodeTermObject } from './pod-constraints.ts';
import { nodeTerm } from './pod-constraints.ts';

/** Speaks for the nodes that the term selects. */
export interface NodePreference {
  /** From 1 to 100; 0 when absent. */
  readonly weight: number;
  readonly term: NodeTerm;
}

export interface NodePreferencesObject {
  readonly spec?: {
    readonly affinity?: {
      readonly nodeAffinity?: {
        readonly preferredDuringSchedulingIgnoredDuringExecution?:
          readonly { readonly weight?: number; readonly preference?: NodeTermObject }[] | null;
      } | null;
    } | null;
  };
}

/** Empty: none. */
export function nodePreferences({ spec }: NodePreferencesObject): readonly NodePreference[] {
  const preferred = spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred.map(({ weight = 0, preference = {} }) => ({ weight, term: nodeTerm(preference) }));
}
