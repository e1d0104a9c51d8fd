/**
 * Which fields of a policy this version reads but does not yet act on. `serve` names them in its log and in the
 * policy's Enforced condition, so that nobody relies on a field by mistake. The list shrinks as fields are built.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';

const DEFAULT_TRY_NEXT = 'LackResourceOrExceedMax';
const UNIT_FIELDS = ['maxResources', 'podLabels', 'podAnnotations', 'spotInstance', 'scaleInWeight'];

/** Paths of the fields that are set to something this version does not enforce; empty when all is enforced. */
export function unenforcedFields(spec: JsonObject): string[] {
  const paths: string[] = [];
  if (spec['preemptPolicy'] !== undefined) paths.push('spec.preemptPolicy');
  const next = asObject(spec['whenTryNextUnits'])['policy'] ?? DEFAULT_TRY_NEXT;
  if (next !== DEFAULT_TRY_NEXT) paths.push('spec.whenTryNextUnits.policy');
  const units = Array.isArray(spec['units']) ? spec['units'] : [];
  units.forEach((item: unknown, index) => {
    const unit = asObject(item);
    for (const field of UNIT_FIELDS) {
      if (unit[field] !== undefined) paths.push(`spec.units[${index}].${field}`);
    }
    if (unit['resource'] === 'acs' || unit['resource'] === 'elastic')
      paths.push(`spec.units[${index}].resource`);
  });
  return paths;
}
