/**
 * Fields that a ResourcePolicy does not have, by the shipped CRD. kubectl apply refuses them; other clients have them
 * dropped in silence, and with a misspelt `max` there is no limit.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';

const CRD = new URL('../../crds/resourcepolicies.yaml', import.meta.url);

let schema: JsonObject | undefined;

/** Paths of the unknown fields below `spec`, such as `spec.units[0].maxs`; empty when all are known. */
export function unknownPolicyFields(policy: JsonObject): readonly string[] {
  schema ??= specSchema();
  return unknownIn(policy['spec'], schema, 'spec');
}

function specSchema(): JsonObject {
  const crd: unknown = parse(readFileSync(CRD, 'utf8'));
  const { versions } = asObject(asObject(crd)['spec']);
  const [version] = Array.isArray(versions) ? versions : [];
  const root = asObject(asObject(asObject(version)['schema'])['openAPIV3Schema']);
  return asObject(asObject(root['properties'])['spec']);
}

function unknownIn(value: unknown, wanted: JsonObject, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) =>
      unknownIn(item, asObject(wanted['items']), `${path}[${index}]`),
    );
  }
  // Maps of the user's own keys, and parts that the CRD leaves open, have no properties.
  const { properties } = wanted;
  if (!isObject(value) || !isObject(properties)) return [];
  return Object.entries(value).flatMap(([key, field]) =>
    Object.hasOwn(properties, key)
      ? unknownIn(field, asObject(properties[key]), `${path}.${key}`)
      : [`${path}.${key}`],
  );
}
