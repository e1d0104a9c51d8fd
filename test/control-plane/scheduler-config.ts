/**
 * The KubeSchedulerConfiguration that a scheduler of ours is started with.
 *
 * @module
 */
import { parse, stringify } from 'yaml';

/** A KubeSchedulerConfiguration, as an object or as YAML (or JSON) text. */
export type SchedulerConfig = string | Readonly<Record<string, unknown>>;

// kube-scheduler's defaults of 50 and 100 would hold every measurement at 50 binds a second.
const unlimited = { qps: 20_000, burst: 20_000 };

/**
 * The configuration as YAML, with what only we know or want filled in: the kubeconfig always, and, unless given,
 * apiVersion, kind, no limit of API calls, no leader election (the lease of a killed scheduler would hold up the next
 * one for 15 s). Everything else stays as given.
 */
export function completeSchedulerConfig(config: SchedulerConfig, kubeconfig: string): string {
  const given: unknown = typeof config === 'string' ? parse(config) : config;
  if (!isObject(given)) throw new Error('the KubeSchedulerConfiguration is not an object');
  return stringify({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    ...given,
    clientConnection: { ...unlimited, ...objectOrNothing(given['clientConnection']), kubeconfig },
    leaderElection: { leaderElect: false, ...objectOrNothing(given['leaderElection']) },
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOrNothing(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
