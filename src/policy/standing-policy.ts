/**
 * A policy beside the status that the API server holds for it. Pure.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import { parseResourcePolicy } from './parse.ts';
import type { ResourcePolicy } from './resource-policy.ts';

export interface StandingPolicy extends ResourcePolicy {
  /** As the API server holds it, whoever wrote it; empty: none yet. */
  readonly status: JsonObject;
}

/** @throws like {@link parseResourcePolicy}. */
export function parseStandingPolicy(object: JsonObject): StandingPolicy {
  return { ...parseResourcePolicy(object), status: asObject(object['status']) };
}
