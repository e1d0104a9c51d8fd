/**
 * Pods as they stand in files → pods as the API server would hold them, so that they can be read like its own: types are
 * checked, and missing requests are written from limits.
 *
 * @module
 */
import { misfit } from '../extender/shape.ts';
import { POD_SHAPE } from '../extender/pod-shape.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import { parseAmount } from '../facts/quantity.ts';
import { FieldProblem, withoutNulls } from './field-problem.ts';

/**
 * A Pod or a template of pods, checked and with the defaults that bear on scheduling.
 *
 * @param path where it stands, e.g. `spec.template`; empty: it is the whole manifest.
 * @throws {FieldProblem} when the API server would refuse it for a field that is read.
 */
export function completedPod(pod: unknown, path: string): JsonObject {
  const prefix = path === '' ? '' : `${path}.`;
  const object = asObject(withoutNulls(pod));
  const found = misfit(object, POD_SHAPE, 'Pod');
  if (found !== undefined) throw problemOf(found, prefix);
  const spec = asObject(object['spec']);
  return {
    ...object,
    spec: {
      ...spec,
      ...completed(spec, `${prefix}spec`),
      ...containersAt(spec, 'containers', prefix),
      ...containersAt(spec, 'initContainers', prefix),
    },
  };
}

/** `Pod.spec.x must be …`: the path is given by where the pod stands. */
function problemOf(misfitText: string, prefix: string): FieldProblem {
  const [, path = '', message = misfitText] = /^Pod\.(\S+) (.*)$/s.exec(misfitText) ?? [];
  return new FieldProblem(prefix + path, message);
}

function containersAt(spec: JsonObject, field: string, prefix: string): JsonObject {
  const containers = spec[field];
  if (!Array.isArray(containers)) return {};
  const read = containers.map((container: unknown, index) => {
    const object = asObject(container);
    return { ...object, ...completed(object, `${prefix}spec.${field}[${index}]`) };
  });
  return { [field]: read };
}

/** Resources of a container, or of a pod as a whole. */
function completed(holder: JsonObject, path: string): JsonObject {
  const resources = holder['resources'];
  if (!isObject(resources)) return {};
  for (const part of ['requests', 'limits']) checkQuantities(resources[part], `${path}.resources.${part}`);
  const requests = { ...asObject(resources['limits']), ...asObject(resources['requests']) };
  return { resources: { ...resources, requests } };
}

function checkQuantities(quantities: unknown, path: string): void {
  for (const [resource, quantity] of Object.entries(asObject(quantities))) {
    const amount = parseAmount(resource, quantity);
    if (amount === undefined || amount < 0)
      throw new FieldProblem(`${path}.${resource}`, 'must be a quantity such as 4, 500m or 8Gi, 0 or more');
  }
}
