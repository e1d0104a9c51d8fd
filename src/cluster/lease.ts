/**
 * The Lease by which replicas agree on one of them: read, and replaced only by who saw its last version.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
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
   * Gives it to the holder.
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
    try {
      return stateOf(
        from === undefined
          ? await this.#client.request({
              method: 'POST',
              path: leasesPath(this.#name.namespace),
              body: { ...KIND, metadata: this.#name, spec },
              ...LIMITS,
            })
          : await this.#client.request({
              method: 'PUT',
              path: leasePath(this.#name),
              body: { ...from.object, spec },
              ...LIMITS,
            }),
      );
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

const KIND = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
const LIMITS = { deadlineMs: DEADLINE_MS };

function stateOf(answer: unknown): LeaseState {
  const object = asObject(answer);
  const spec = asObject(object['spec']);
  const { holderIdentity, leaseDurationSeconds } = spec;
  const { resourceVersion } = asObject(object['metadata']);
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1_000 : 0,
    version: typeof resourceVersion === 'string' ? resourceVersion : '',
    object,
  };
}
