/**
 * The verbs on objects, with the API server's rules for uids, subresources and bindings.
 *
 * @module
 */
import { conflict, notFound, StatusError, SUCCESS } from './status.ts';
import type { NewObject, Resource, Store, StoredObject } from './store.ts';
import { now } from './store.ts';

/** What a request is about. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string;
}

export interface Binding {
  readonly metadata?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Record<string, string> | null;
    readonly annotations?: Record<string, string> | null;
  };
  readonly target: { readonly name: string };
}

type JsonMap = Record<string, unknown>;

export function create(store: Store, target: Target, object: NewObject): StoredObject {
  const { namespace, resource } = target;
  const metadata = namespace === undefined ? object.metadata : { ...object.metadata, namespace };
  // The status subresource: creation does not write status. Pods start as pending.
  const status =
    resource === 'pods' ? { phase: 'Pending' } : resource === 'nodes' ? (object.status ?? {}) : {};
  const created = store.create(resource, { ...object, metadata, status });
  if (created !== undefined) return created;
  throw new StatusError(409, 'AlreadyExists', `${resource} "${object.metadata.name}" already exists`);
}

export function existing(store: Store, target: Target): StoredObject {
  const object = store.get(target.resource, target.name, target.namespace);
  if (object === undefined) throw notFound(`${target.resource} "${target.name}"`);
  return object;
}

export function remove(store: Store, target: Target): StoredObject {
  return store.remove(target.resource, existing(store, target));
}

/** Merge patch. Elsewhere than on its subresource, the status of policies and pods stays as it is. */
export function patch(store: Store, target: Target, body: JsonMap): StoredObject {
  const old = existing(store, target);
  const metadata = body['metadata'];
  const uid = isMap(metadata) ? metadata['uid'] : undefined;
  if (typeof uid === 'string' && uid !== old.metadata.uid) {
    const message = `${old.kind} "${target.name}" is invalid: metadata.uid: Invalid value: "${uid}": field is immutable`;
    throw new StatusError(422, 'Invalid', message, 'metadata.uid');
  }
  const version = isMap(metadata) ? metadata['resourceVersion'] : undefined;
  if (version !== undefined && version !== old.metadata.resourceVersion)
    throw conflict(
      `Operation cannot be fulfilled on ${target.resource} "${target.name}": it has been modified`,
    );
  return store.update(target.resource, old, (draft) => {
    const merged: StoredObject = JSON.parse(JSON.stringify(mergePatch(draft, body)));
    if (target.subresource === 'status') draft.status = merged.status;
    else Object.assign(draft, merged, { status: draft.status });
  });
}

export function bind(store: Store, target: Target, binding: Binding): JsonMap {
  const pod = existing(store, target);
  if (binding.metadata?.uid) requireUid(pod, binding.metadata.uid, target);
  const version = binding.metadata?.resourceVersion;
  if (version !== undefined && version !== pod.metadata.resourceVersion) {
    throw conflict(
      `Operation cannot be fulfilled on pods "${target.name}": Precondition failed: ` +
        `ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
    );
  }
  const where = `Operation cannot be fulfilled on pods/binding "${target.name}"`;
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(`${where}: pod ${target.name} is being deleted, cannot be assigned to a host`);
  }
  const assigned = pod.spec['nodeName'];
  if (typeof assigned === 'string' && assigned !== '') {
    throw conflict(`${where}: pod ${target.name} is already assigned to node "${assigned}"`);
  }
  store.update(target.resource, pod, (draft) => {
    draft.spec['nodeName'] = binding.target.name;
    draft.metadata.labels = { ...draft.metadata.labels, ...binding.metadata?.labels };
    draft.metadata.annotations = { ...draft.metadata.annotations, ...binding.metadata?.annotations };
    draft.status['conditions'] = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: now() }];
  });
  return SUCCESS;
}

function requireUid(object: StoredObject, uid: string, target: Target): void {
  if (object.metadata.uid === uid) return;
  throw conflict(
    `Operation cannot be fulfilled on ${target.resource} "${target.name}": Precondition failed: ` +
      `UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`,
  );
}

/** RFC 7396. */
function mergePatch(value: unknown, change: unknown): unknown {
  if (!isMap(change)) return change;
  const result: JsonMap = isMap(value) ? { ...value } : {};
  for (const [key, part] of Object.entries(change)) {
    if (part === null) delete result[key];
    else result[key] = mergePatch(result[key], part);
  }
  return result;
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
