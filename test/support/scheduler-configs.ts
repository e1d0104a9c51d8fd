/**
 * The kube-scheduler configurations that the project ships, pointed at an extender of a test.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const DIR = join(import.meta.dirname, '../../deploy/kube-scheduler');

interface SchedulerConfiguration {
  readonly extenders: readonly Readonly<Record<string, unknown>>[];
  readonly leaderElection: Readonly<Record<string, unknown>>;
}

/**
 * deploy/kube-scheduler/`file` with the extender at `url`. Without leader election, which would only make every
 * restart of the one scheduler wait.
 */
export function shippedSchedulerConfig(
  file: 'in-place.yaml' | 'dedicated.yaml',
  url: string,
): Readonly<Record<string, unknown>> {
  const config: SchedulerConfiguration = parse(readFileSync(join(DIR, file), 'utf8'));
  const extenders = config.extenders.map((extender) => ({ ...extender, urlPrefix: url }));
  return { ...config, extenders, leaderElection: { leaderElect: false } };
}
