/**
 * The cluster as `plan --live` sees it, listed once.
 *
 * @module
 */
import type { ApiClient } from '../cluster/api-client.ts';
import { ApiError } from '../cluster/api-error.ts';
import { listAll } from '../cluster/lister.ts';
import { NODES_PATH, PODS_PATH } from '../cluster/paths.ts';
import { asObject } from '../facts/json.ts';
import { nodeFacts } from '../facts/node-facts.ts';
import { nodePreferences } from '../facts/node-preferences.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { podFacts } from '../facts/pod-facts.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { PlannedPod } from '../scheduling/plan.ts';
import { listPolicies, NoPolicies, permitted } from './listing.ts';
import type { PlanCluster } from './plan-scene.ts';

const PRIORITY_CLASSES_PATH = '/apis/scheduling.k8s.io/v1/priorityclasses';

/** @param namespaces whose policies and waiting pods bear on the plan; of the others, only the room that pods take. */
export async function planCluster(client: ApiClient, namespaces: ReadonlySet<string>): Promise<PlanCluster> {
  const policies = await Promise.all([...namespaces].map(async (namespace) => policiesOf(client, namespace)));
  const nodes = await permitted('plan', 'nodes of the cluster', () =>
    listAll(client, NODES_PATH, (object) => nodeFacts(asObject(object))),
  );
  const bound: PodFacts[] = [];
  const waiting: PlannedPod[] = [];
  await permitted('plan', 'pods of the cluster', () =>
    listAll(client, PODS_PATH, (object) => {
      const facts = podFacts(asObject(object));
      if (facts.nodeName !== undefined) bound.push(facts);
      else if (namespaces.has(facts.namespace) && !facts.finished && !facts.terminating)
        waiting.push({
          facts,
          constraints: podConstraints(asObject(object)),
          preferences: nodePreferences(asObject(object)),
        });
    }),
  );
  return { policies: policies.flat(), nodes, bound, waiting, priorities: await priorities(client) };
}

/** What a policy would do can be planned before anything is installed. */
async function policiesOf(client: ApiClient, namespace: string): Promise<readonly ResourcePolicy[]> {
  try {
    return await listPolicies(client, 'plan', namespace);
  } catch (error) {
    if (!(error instanceof NoPolicies)) throw error;
    return [];
  }
}

/** Who may not list the classes plans without: pods of unknown classes are told of. */
async function priorities(client: ApiClient): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  try {
    await listAll(client, PRIORITY_CLASSES_PATH, (object) => {
      const { metadata, value, globalDefault } = asObject(object);
      const { name } = asObject(metadata);
      if (typeof name !== 'string' || typeof value !== 'number') return;
      found.set(name, value);
      if (globalDefault === true) found.set('', value);
    });
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 403 && error.status !== 404)) throw error;
  }
  return found;
}
