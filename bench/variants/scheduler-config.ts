/**
 * The kube-scheduler configuration of each variant.
 *
 * @module
 */
import { shippedSchedulerConfig } from '../../test/support/scheduler-configs.ts';
import type { BaseName, Variant } from './variant.ts';

type Config = Readonly<Record<string, unknown>>;

/** Verbs that an extender of the configuration answers. */
const VERBS: Readonly<Record<BaseName, readonly string[]>> = {
  alone: [],
  affinity: [],
  'noop-all': ['filterVerb'],
  'noop-same': ['filterVerb'],
  'noop-same-bind': ['filterVerb', 'bindVerb'],
  'ours-filter': ['filterVerb', 'preemptVerb'],
  'ours-filter-bind': ['filterVerb', 'preemptVerb', 'bindVerb'],
  'ours-admission': ['filterVerb', 'preemptVerb', 'bindVerb'],
};
const ALL_VERBS = ['filterVerb', 'prioritizeVerb', 'preemptVerb', 'bindVerb'];

/**
 * The configuration that the project ships for a cluster's scheduler, with this variant's verbs and sampling.
 *
 * @param extenderUrl undefined: no extender.
 */
export function schedulerConfigOf({ base, sampling }: Variant, extenderUrl: string | undefined): Config {
  const { percentageOfNodesToScore: _, ...shipped } = shippedSchedulerConfig(
    'in-place.yaml',
    extenderUrl ?? '',
  );
  const score = sampling === '100' ? { percentageOfNodesToScore: 100 } : {};
  const { extenders, ...rest } = shipped;
  if (extenderUrl === undefined) return { ...rest, ...score };
  return { ...rest, ...score, extenders: (extenders as Config[]).map((each) => withVerbs(each, base)) };
}

function withVerbs(extender: Config, base: BaseName): Config {
  const kept = VERBS[base];
  const left = Object.entries(extender).filter(([key]) => !ALL_VERBS.includes(key) || kept.includes(key));
  return Object.fromEntries(left);
}
