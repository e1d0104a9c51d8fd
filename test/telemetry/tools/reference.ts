/**
 * docs/metrics.md, made from the metrics themselves.
 *
 * @module
 */
import { join } from 'node:path';
import type { Definition } from '../../../src/telemetry/catalogue.ts';
import {
  CATALOGUE,
  EXPOSERS,
  LABELS,
  MOST_POLICIES,
  PREFIX,
  PROCESS_CATALOGUE,
} from '../../../src/telemetry/catalogue.ts';
import { REVIEW_OUTCOMES } from '../../../src/telemetry/admission-metrics.ts';
import { WAKE_OUTCOMES } from '../../../src/telemetry/metrics.ts';
import { FILTER_OUTCOMES, OUTCOMES } from '../../../src/telemetry/outcomes.ts';
import { WAITING_REASONS } from '../../../src/telemetry/policy-samples.ts';

/** Where it stands. */
export const REFERENCE_FILE = join(import.meta.dirname, '../../../docs/metrics.md');

const HEAD = `# Metrics

<!-- Made from src/telemetry by npm run reference:metrics; a test compares them. -->

\`GET /metrics\` in Prometheus's text format, at the address of \`--probes\`, or of \`--listen\` where there is none. The Helm
chart has a ServiceMonitor and alert rules behind values (\`monitoring.serviceMonitor\`, \`monitoring.prometheusRule\`), and a
dashboard for Grafana: [deploy/monitoring](../deploy/monitoring). What to do about an alert says
[operations.md](operations.md).

**Scrape every replica.** Each one tells of itself, and counts what it did. The figures of policies come from the replica that
leads alone, so that sums over replicas are right; when another takes over, they go on from there.

**Series are bounded.** Policies have series of their own as long as there are at most ${MOST_POLICIES}; of more, the ${MOST_POLICIES} oldest, so that
a new policy never ends the series of another, and \`${PREFIX}policies_left_out\` says how many have none. A policy of two
units has about 30. No label is made of a pod, a group or a node.

**A scrape is cheap.** It adds up counts by policy, unit and group, and walks no pods: with 50,000 pods in 1,000 jobs of 10
policies it takes 2 ms, with ${MOST_POLICIES} policies 20 ms, in steps between which calls are answered.

`;

/** Outcomes of /filter that follow from no policy. */
const NOT_OF_A_POLICY: ReadonlySet<string> = new Set([
  'not-ours',
  'conflict',
  'already-decided',
  'not-ready',
]);

/** Names of closed vocabularies, by metric. */
const VOCABULARIES: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  [`${PREFIX}calls_total`]: Object.entries(OUTCOMES).map(([verb, outcomes]) => [
    `outcome of ${verb}`,
    outcomes,
  ]),
  [`${PREFIX}decisions_total`]: [
    ['outcome', FILTER_OUTCOMES.filter((outcome) => !NOT_OF_A_POLICY.has(outcome))],
  ],
  [`${PREFIX}waiting_pods`]: [['reason', WAITING_REASONS]],
  [`${PREFIX}wakes_total`]: [['outcome', WAKE_OUTCOMES]],
  [`${PREFIX}admission_reviews_total`]: [['outcome', REVIEW_OUTCOMES]],
};

/** The text of {@link REFERENCE_FILE}. */
export function reference(): string {
  const all = { ...prefixed(CATALOGUE), ...PROCESS_CATALOGUE };
  return [
    HEAD,
    '## All of them\n\n',
    '| metric | type | labels |\n| --- | --- | --- |\n',
    ...Object.entries(all).map(
      ([name, { type, labels }]) => `| [\`${name}\`](#${name}) | ${type} | ${code(labels)} |\n`,
    ),
    '\n## Labels\n\n| label | meaning |\n| --- | --- |\n',
    ...Object.entries(LABELS).map(([name, meaning]) => `| \`${name}\` | ${meaning} |\n`),
    '\n## Reference\n',
    ...Object.entries(all).map(([name, definition]) => section(name, definition)),
  ].join('');
}

function section(name: string, { type, help, labels, by, buckets }: Definition): string {
  const lines = [
    `- type: ${type}${buckets === undefined ? '' : `, buckets up to ${buckets.join(', ')} s`}`,
    ...(labels.length === 0 ? [] : [`- labels: ${code(labels)}`]),
    ...(VOCABULARIES[name] ?? []).map(([what, words]) => `- ${what}: ${code(words)}`),
    `- exposed by: ${EXPOSERS[by]}`,
  ];
  return `\n### ${name}\n\n${help}\n\n${lines.join('\n')}\n`;
}

function prefixed(definitions: Readonly<Record<string, Definition>>): Readonly<Record<string, Definition>> {
  return Object.fromEntries(Object.entries(definitions).map(([name, value]) => [PREFIX + name, value]));
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
