/**
 * Lists for commands that look at the cluster once, with a sentence for what stands in the way.
 *
 * @module
 */
import type { ApiClient } from '../cluster/api-client.ts';
import { ApiError } from '../cluster/api-error.ts';
import { listAll } from '../cluster/lister.ts';
import { policiesPath } from '../cluster/paths.ts';
import { parseResourcePolicy } from '../policy/parse.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';

/** The cluster does not know the kind ResourcePolicy. */
export class NoPolicies extends Error {
  override readonly name = 'NoPolicies';
}

/**
 * The policies of a namespace.
 *
 * @param command that lists them, for the sentence.
 * @throws {NoPolicies} when the CRD is not installed.
 */
export async function listPolicies(
  client: ApiClient,
  command: string,
  namespace: string,
): Promise<readonly ResourcePolicy[]> {
  try {
    return await permitted(command, `resourcepolicies of namespace ${namespace}`, () =>
      listAll(client, policiesPath(namespace), parseResourcePolicy),
    );
  } catch (error) {
    // An API server answers so only for kinds that it does not know: an empty or absent namespace has an empty list.
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    throw new NoPolicies(
      'the cluster has no ResourcePolicies: their CRD is not installed (kubectl apply -f crds/ installs it)',
      { cause: error },
    );
  }
}

/** @param what is listed, e.g. `nodes of the cluster`. */
export async function permitted<Value>(
  command: string,
  what: string,
  list: () => Promise<Value>,
): Promise<Value> {
  try {
    return await list();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    throw new Error(`${command} lists the ${what}, which you may not: ${error.message}`, { cause: error });
  }
}
