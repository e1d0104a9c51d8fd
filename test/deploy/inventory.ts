/**
 * Every object of a cluster by name, to see what an installation brings and what it leaves behind.
 *
 * @module
 */
import type { ControlPlane } from '../control-plane/control-plane.ts';

/** Kinds that tell what happened, and are nobody's to remove. */
const TOLD = /^events(\.events\.k8s\.io)?$/;

/** `KIND NAMESPACE/NAME` of all objects, sorted. */
export async function inventory(plane: ControlPlane): Promise<readonly string[]> {
  const kinds = await plane.kubectl(['api-resources', '--verbs=list', '--no-headers', '--output=name']);
  const names = kinds.split('\n').filter((kind) => kind !== '' && !TOLD.test(kind));
  const line = '{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}';
  const objects = await plane.kubectl([
    'get',
    names.join(),
    '--all-namespaces',
    '--ignore-not-found',
    `--output=jsonpath={range .items[*]}${line}{end}`,
  ]);
  return objects.trim().split('\n').toSorted();
}
