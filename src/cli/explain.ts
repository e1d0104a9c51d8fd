/**
 * `resource-policy explain`: lists the cluster once and prints a report.
 *
 * @module
 */
import { ApiClient } from '../cluster/api-client.ts';
import { Credentials } from '../cluster/credentials.ts';
import { listAll } from '../cluster/lister.ts';
import { NODES_PATH, PODS_PATH } from '../cluster/paths.ts';
import { asObject } from '../facts/json.ts';
import { lastWord } from '../facts/last-word.ts';
import { messageOf } from '../facts/message-of.ts';
import { nodeCapacity } from '../facts/node-capacity.ts';
import { nodeFacts } from '../facts/node-facts.ts';
import type { PodConstraints } from '../facts/pod-constraints.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import { podFacts } from '../facts/pod-facts.ts';
import type { PodReport, SeenPod } from '../scheduling/explain-pod.ts';
import { explainPod } from '../scheduling/explain-pod.ts';
import type { PolicyReport } from '../scheduling/explain-policy.ts';
import { explainPolicy } from '../scheduling/explain-policy.ts';
import { Snapshot } from '../scheduling/snapshot.ts';
import type { ExplainSettings, Target } from './explain-command.ts';
import { podText, policyText } from './explain-text.ts';
import { listPolicies, permitted } from './listing.ts';
import { UNUSABLE } from './options.ts';

const NOT_FOUND = 1;
/** Width of lines where standard output is no terminal. */
const WIDTH = 100;
const NARROWEST = 60;

/**
 * Prints the explanation: as text, or as JSON a {@link PodReport} or {@link PolicyReport}, whose fields only ever
 * increase. What stands in the way goes to standard error, in one line.
 *
 * @returns the exit code: 0 explained, 1 there is no such pod or policy, 2 the cluster cannot be asked.
 */
export async function explain(settings: ExplainSettings): Promise<number> {
  try {
    const credentials = Credentials.load({ kubeconfigPath: settings.kubeconfig });
    const client = new ApiClient({ credentials });
    try {
      return await explainWith(client, settings.namespace ?? credentials.namespace, settings);
    } finally {
      await client.close();
    }
  } catch (error) {
    process.stderr.write(`resource-policy: ${messageOf(error)}\n`);
    return UNUSABLE;
  }
}

async function explainWith(
  client: ApiClient,
  namespace: string,
  { target, output, virtualNodeLabel }: ExplainSettings,
): Promise<number> {
  const seen = await look(client, namespace, target);
  const snapshot = new Snapshot({ ...seen, virtualNodes: virtualNodeLabel, nowMs: Date.now() });
  const policy = seen.policies.find(({ name }) => name === target.name);
  const report =
    target.kind === 'pod'
      ? seen.pod && explainPod(snapshot, seen.pod)
      : policy && explainPolicy(snapshot, policy);
  if (report === undefined) {
    process.stderr.write(`resource-policy: ${notFound(target, namespace, seen.policies)}\n`);
    return NOT_FOUND;
  }
  process.stdout.write(output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  return 0;
}

/** Everything that bears on the target. Pods last: counts are then as new as can be. */
async function look(client: ApiClient, namespace: string, target: Target) {
  const policies = await listPolicies(client, 'explain', namespace);
  const nodes = await permitted('explain', 'nodes of the cluster', () =>
    listAll(client, NODES_PATH, (object) => ({
      facts: nodeFacts(asObject(object)),
      capacity: nodeCapacity(asObject(object)),
    })),
  );
  const constraints = new Map<string, PodConstraints>();
  const found: SeenPod[] = [];
  const pods = await permitted('explain', 'pods of the cluster', () =>
    listAll(client, PODS_PATH, (object) => {
      const facts = podFacts(asObject(object));
      const isTarget = target.kind === 'pod' && facts.namespace === namespace && facts.name === target.name;
      if (isTarget || (facts.namespace === namespace && facts.nodeName === undefined)) {
        const constraint = podConstraints(asObject(object));
        constraints.set(facts.uid, constraint);
        if (isTarget) found.push({ facts, constraints: constraint, lastWord: lastWord(asObject(object)) });
      }
      return facts;
    }),
  );
  return { policies, nodes, pods, constraints, pod: found[0] };
}

function notFound({ kind, name }: Target, namespace: string, policies: readonly { name: string }[]): string {
  if (kind === 'pod') return `there is no pod ${name} in namespace ${namespace}`;
  const names = policies.map((policy) => policy.name).toSorted();
  const there = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  return `there is no ResourcePolicy ${name} in namespace ${namespace}: ${there}`;
}

function textOf(report: PodReport | PolicyReport): string {
  const width = process.stdout.isTTY ? Math.max(NARROWEST, process.stdout.columns) : WIDTH;
  return report.kind === 'Pod' ? podText(report, width) : policyText(report, width);
}
