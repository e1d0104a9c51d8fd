/**
 * ResourcePolicies as they stand in files, read as if the API server had taken them.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import { parseResourcePolicy } from '../policy/parse.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { POLICY_API } from '../policy/resource-policy.ts';
import type { Manifest } from './manifests.ts';
import { unknownPolicyFields } from './policy-fields.ts';

export interface PolicyManifest {
  readonly manifest: Manifest;
  readonly policy: ResourcePolicy;
}

/** Why a policy cannot be used. */
export interface PolicyProblem {
  /** The field, e.g. `spec.units[1].max`. */
  readonly path: string;
  readonly message: string;
}

/** @param namespace of objects that name none. */
export function policyManifest(manifest: Manifest, namespace: string): PolicyManifest {
  const metadata = asObject(manifest.object['metadata']);
  const { name } = metadata;
  // A manifest lacks what the API server adds.
  const policy = parseResourcePolicy({
    ...manifest.object,
    metadata: {
      ...metadata,
      uid: 'not-created-yet',
      name: typeof name === 'string' && name !== '' ? name : '(without name)',
      namespace: namespaceOf(manifest.object, namespace),
    },
  });
  return { manifest, policy };
}

/** What makes a policy invalid, as far as that can be told without the API server. */
export function policyProblems({ manifest: { object }, policy }: PolicyManifest): readonly PolicyProblem[] {
  const problems = policy.problems.map(splitProblem);
  const api = `${POLICY_API.group}/${POLICY_API.version}`;
  if (object['apiVersion'] !== api) problems.unshift({ path: 'apiVersion', message: `must be ${api}` });
  if (typeof asObject(object['metadata'])['name'] !== 'string')
    problems.unshift({ path: 'metadata.name', message: 'is missing' });
  const unknown = unknownPolicyFields(object).map((path) => ({
    path,
    message:
      'is no field of a ResourcePolicy: kubectl refuses it, other clients have it dropped; correct its name',
  }));
  return [...problems, ...unknown];
}

/** The namespace that an object names, else the one given. */
export function namespaceOf(object: JsonObject, absent: string): string {
  const { namespace } = asObject(object['metadata']);
  return typeof namespace === 'string' && namespace !== '' ? namespace : absent;
}

/** The parser's problems begin with the path of their field. */
function splitProblem(problem: string): PolicyProblem {
  const [, path = 'spec', message = problem] = /^(spec\S*) (.*)$/s.exec(problem) ?? [];
  return { path, message };
}
