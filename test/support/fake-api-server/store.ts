/**
 * What the fake API server keeps: objects by resource, one version counter for all, and the log that watches read.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

export type Resource = 'pods' | 'nodes' | 'resourcepolicies';

export interface Metadata {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}

/** What a client sends to create an object. */
export interface NewObject {
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export interface LoggedEvent {
  readonly version: number;
  readonly resource: Resource;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
}

const KINDS: Record<Resource, { kind: string; apiVersion: string }> = {
  pods: { kind: 'Pod', apiVersion: 'v1' },
  nodes: { kind: 'Node', apiVersion: 'v1' },
  resourcepolicies: { kind: 'ResourcePolicy', apiVersion: 'scheduling.alibabacloud.com/v1alpha1' },
};

export function isResource(word: string | undefined): word is Resource {
  return word !== undefined && Object.hasOwn(KINDS, word);
}

/** Objects and their history. Events are told to one listener, synchronously. */
export class Store {
  readonly #objects = new Map<Resource, Map<string, StoredObject>>();
  readonly #onEvent: (event: LoggedEvent) => void;
  #log: LoggedEvent[] = [];
  #version = 1000;
  #compactedVersion = 0;

  constructor(onEvent: (event: LoggedEvent) => void) {
    this.#onEvent = onEvent;
  }

  get version(): number {
    return this.#version;
  }

  /** Sorted as etcd sorts: by namespace and name. */
  all(resource: Resource, namespace?: string): StoredObject[] {
    return [...this.#of(resource)]
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  get(resource: Resource, name: string, namespace?: string): StoredObject | undefined {
    return this.#of(resource).get(keyOf(name, namespace));
  }

  /** The new object; undefined when its name is taken. */
  create(resource: Resource, object: NewObject): StoredObject | undefined {
    const key = keyOf(object.metadata.name, object.metadata.namespace);
    if (this.#of(resource).has(key)) return undefined;
    return this.#put('ADDED', resource, {
      ...KINDS[resource],
      spec: object.spec ?? {},
      status: object.status ?? {},
      metadata: {
        ...object.metadata,
        uid: randomUUID(),
        creationTimestamp: now(),
        resourceVersion: '',
      },
    });
  }

  /** The object in its new version; a change that changes nothing makes none, as in etcd. */
  update(resource: Resource, old: StoredObject, change: (draft: StoredObject) => void): StoredObject {
    const draft = structuredClone(old);
    change(draft);
    if (JSON.stringify(draft) === JSON.stringify(old)) return old;
    return this.#put('MODIFIED', resource, draft);
  }

  remove(resource: Resource, old: StoredObject): StoredObject {
    this.#of(resource).delete(keyOf(old.metadata.name, old.metadata.namespace));
    return this.#tell('DELETED', resource, old);
  }

  /** What happened after that version; undefined when it is forgotten. */
  after(resource: Resource, version: number): LoggedEvent[] | undefined {
    if (version < this.#compactedVersion) return undefined;
    return this.#log.filter((event) => event.resource === resource && event.version > version);
  }

  /** Forgets all history, as etcd's compaction and an API server's restart do. */
  compact(): void {
    this.#version += 1;
    this.#compactedVersion = this.#version;
    this.#log = [];
  }

  #put(type: 'ADDED' | 'MODIFIED', resource: Resource, object: StoredObject): StoredObject {
    const stored = this.#tell(type, resource, object);
    this.#of(resource).set(keyOf(stored.metadata.name, stored.metadata.namespace), stored);
    return stored;
  }

  #tell(type: LoggedEvent['type'], resource: Resource, object: StoredObject): StoredObject {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion } };
    const event = { version: this.#version, resource, type, object: versioned };
    this.#log.push(event);
    this.#onEvent(event);
    return versioned;
  }

  #of(resource: Resource): Map<string, StoredObject> {
    const objects = this.#objects.get(resource) ?? new Map<string, StoredObject>();
    this.#objects.set(resource, objects);
    return objects;
  }
}

/** As Kubernetes writes times: whole seconds. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

function keyOf(name: string, namespace = ''): string {
  return `${namespace}/${name}`;
}
