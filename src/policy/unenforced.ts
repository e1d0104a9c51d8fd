/**
 * Which fields of a policy are accepted but not acted upon: they stand in the public Go types of ACK's CRD, and no
 * document says what they do. `serve` names them in its log and in the policy's Enforced condition, so that nobody
 * relies on a field by mistake. Pure.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';

const UNIT_FIELDS = ['spotInstance', 'scaleInWeight'];

/** Paths of the fields that are set to something that is not enforced; empty when all is enforced. */
export function unenforcedFields(spec: JsonObject): string[] {
  const units = Array.isArray(spec['units']) ? spec['units'] : [];
  return units.flatMap((item: unknown, index) =>
    UNIT_FIELDS.filter((field) => asObject(item)[field] !== undefined).map(
      (field) => `spec.units[${index}].${field}`,
    ),
  );
}
