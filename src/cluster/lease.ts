/**
 * The Lease by which replicas agree on one of them: read, and replaced only by who saw its last version.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { ApiRequest } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { microTime } from './micro-time.ts';
import type { ObjectName } from './paths.ts';
import { leasePath, leasesPath } from './paths.ts';
import type { Requests } from './pod-reader.ts';

/** Half of the time in which a lease is to be renewed, as in client-go: one lost answer leaves time for another try. */
const DEADLINE_MS = 5_000;

/** A Lease as it was read or written. */
export interface LeaseState {
  /** Who holds it; empty: nobody. */
  readonly holder: string;
  /** Time after which one that is not renewed belongs to nobody. */
  readonly durationMs: number;
  /** Opaque; another one means that somebody wrote it. */
  readonly version: string;
  /** Opaque; another one means that its holder renewed it, or that it has another holder. */
  readonly beat: string;
  /** Who asks the holder for it; empty: nobody. */
  readonly wantedBy: string;
  /** The whole object: what is not ours in it stays. */
  readonly object: JsonObject;
}

/** The Lease of one name. */
export class Lease {
  readonly #client: Requests;
  readonly #name: ObjectName;
  readonly #now: () => Date;

  /** @param now Wall clock, for the times that people read; nothing is decided by them. */
  constructor(client: Requests, name: ObjectName, now: () => Date = () => new Date()) {
    this.#client = client;
    this.#name = name;
    this.#now = now;
  }

  /**
   * A consistent read; undefined: it does not exist.
   *
   * @throws {ApiError}
   */
  async read(): Promise<LeaseState | undefined> {
    try {
      return stateOf(await this.#client.request({ method: 'GET', path: leasePath(this.#name), ...LIMITS }));
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return undefined;
      throw error;
    }
  }

  /**
   * Asks its holder for it; the holder keeps it until it gives it up.
   *
   * @param by who asks.
   * @returns the new state; undefined: somebody else wrote first, and nothing was written.
   * @throws {ApiError} and then it may have been written.
   */
  async ask(from: LeaseState, by: string): Promise<LeaseState | undefined> {
    return this.#replace({ ...from.object, metadata: wanted(from, by) });
  }

  /**
   * Gives it to the holder, and settles who had asked for it.
   *
   * @param from the state that is replaced; undefined: there is none yet.
   * @param holder empty: to nobody.
   * @returns the new state; undefined: somebody else wrote first, and nothing was written.
   * @throws {ApiError} and then it may have been written.
   */
  async write(
    from: LeaseState | undefined,
    holder: string,
    durationMs: number,
  ): Promise<LeaseState | undefined> {
    const spec = this.#spec(from, holder, durationMs);
    if (from === undefined) return this.#create({ ...KIND, metadata: this.#name, spec });
    // A request stays until the one who asked holds it, or another does.
    const isSettled = from.holder !== holder && holder !== '';
    return this.#replace({ ...from.object, metadata: wanted(from, isSettled ? '' : from.wantedBy), spec });
  }

  #create(body: JsonObject): Promise<LeaseState | undefined> {
    return this.#send({ method: 'POST', path: leasesPath(this.#name.namespace), body });
  }

  #replace(body: JsonObject): Promise<LeaseState | undefined> {
    return this.#send({ method: 'PUT', path: leasePath(this.#name), body });
  }

  async #send(request: Pick<ApiRequest, 'method' | 'path' | 'body'>): Promise<LeaseState | undefined> {
    try {
      return stateOf(await this.#client.request({ ...request, ...LIMITS }));
    } catch (error) {
      if (error instanceof ApiError && (error.status === 409 || error.notFound)) return undefined;
      throw error;
    }
  }

  #spec(from: LeaseState | undefined, holder: string, durationMs: number): JsonObject {
    const old = asObject(from?.object['spec']);
    const now = microTime(this.#now());
    const isNew = from?.holder !== holder;
    const transitions = typeof old['leaseTransitions'] === 'number' ? old['leaseTransitions'] : 0;
    return {
      ...old,
      holderIdentity: holder,
      leaseDurationSeconds: durationMs / 1_000,
      acquireTime: isNew ? now : old['acquireTime'],
      renewTime: now,
      leaseTransitions: isNew && from !== undefined && holder !== '' ? transitions + 1 : transitions,
    };
  }
}

/** Annotation of the Lease: which replica asks its holder for it. */
const WANTED_BY = 'resource-policy.scheduling/wanted-by';
const KIND = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
const LIMITS = { deadlineMs: DEADLINE_MS };

function stateOf(answer: unknown): LeaseState {
  const object = asObject(answer);
  const spec = asObject(object['spec']);
  const { holderIdentity, leaseDurationSeconds, renewTime } = spec;
  const { resourceVersion, annotations } = asObject(object['metadata']);
  const wantedBy = asObject(annotations)[WANTED_BY];
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1_000 : 0,
    version: typeof resourceVersion === 'string' ? resourceVersion : '',
    beat: JSON.stringify([holderIdentity, renewTime]),
    wantedBy: typeof wantedBy === 'string' ? wantedBy : '',
    object,
  };
}

function wanted({ object }: LeaseState, by: string): JsonObject {
  const metadata = asObject(object['metadata']);
  const { [WANTED_BY]: before, ...annotations } = asObject(metadata['annotations']);
  if (before === undefined && by === '') return metadata;
  return { ...metadata, annotations: by === '' ? annotations : { ...annotations, [WANTED_BY]: by } };
}
