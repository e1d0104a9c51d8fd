/**
 * Kubernetes Events on policies. An event's name follows from what it says, so that processes that know nothing of each
 * other, one after a restart of the other, find the same event and raise its count.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import { POLICY_API } from '../policy/resource-policy.ts';
import { ApiError } from './api-error.ts';
import { microTime } from './micro-time.ts';
import type { ObjectName } from './paths.ts';
import { eventPath, eventsPath } from './paths.ts';
import type { Requests } from './pod-reader.ts';

const KIND = { apiVersion: 'events.k8s.io/v1', kind: 'Event' };
const CONTROLLER = 'resource-policy';
/** Limits of the API server: bytes of a note, characters of reportingInstance, of a name. */
const LONGEST_NOTE = 1_024;
const LONGEST_INSTANCE = 128;
const LONGEST_NAME = 253;
const HASH_LENGTH = 16;

export interface EventSubject extends ObjectName {
  readonly uid: string;
}

export interface EventText {
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/**
 * - `created`: there was no such event
 * - `repeated`: its count is one higher
 * - `recent`: it was reported less than the quiet time ago; nothing was written
 */
export type ReportResult = 'created' | 'repeated' | 'recent';

/** Writes warnings about policies. */
export class EventRecorder {
  readonly #client: Requests;
  readonly #instance: string;
  readonly #now: () => Date;

  /**
   * @param instance of this process, for people.
   * @param now wall clock, to be compared with the times in events.
   */
  constructor(client: Requests, instance: string, now: () => Date = () => new Date()) {
    this.#client = client;
    this.#instance = instance.slice(0, LONGEST_INSTANCE);
    this.#now = now;
  }

  /** @throws {ApiError} when it could not be read or written. */
  async report(policy: EventSubject, text: EventText, quietMs: number): Promise<ReportResult> {
    const event = { namespace: policy.namespace, name: nameOf(policy, text) };
    const standing = await this.#read(event);
    if (standing === undefined) return this.#create(event, policy, text);
    const sinceMs = this.#now().getTime() - lastMs(standing);
    if (sinceMs < quietMs) return 'recent';
    return this.#repeat(event, standing);
  }

  async #read(event: ObjectName): Promise<JsonObject | undefined> {
    try {
      return asObject(await this.#client.request({ method: 'GET', path: eventPath(event) }));
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return undefined;
      throw error;
    }
  }

  async #create(event: ObjectName, policy: EventSubject, text: EventText): Promise<ReportResult> {
    try {
      await this.#client.request({
        method: 'POST',
        path: eventsPath(event.namespace),
        body: {
          ...KIND,
          metadata: event,
          regarding: {
            apiVersion: `${POLICY_API.group}/${POLICY_API.version}`,
            kind: 'ResourcePolicy',
            namespace: policy.namespace,
            name: policy.name,
            uid: policy.uid,
          },
          type: 'Warning',
          reason: text.reason,
          note: cut(text.message),
          action: 'CheckPolicy',
          eventTime: microTime(this.#now()),
          reportingController: CONTROLLER,
          reportingInstance: this.#instance,
        },
      });
      return 'created';
    } catch (error) {
      // An answer that was lost, or a leader before us that was slow to stop.
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return 'recent';
      throw error;
    }
  }

  async #repeat(event: ObjectName, standing: JsonObject): Promise<ReportResult> {
    const { count } = asObject(standing['series']);
    await this.#client.request({
      method: 'PATCH',
      path: eventPath(event),
      contentType: 'application/merge-patch+json',
      body: {
        series: {
          count: typeof count === 'number' ? count + 1 : 2,
          lastObservedTime: microTime(this.#now()),
        },
      },
    });
    return 'repeated';
  }
}

/** A DNS subdomain, as Kubernetes wants it, that tells whose event it is. */
function nameOf({ name, uid }: EventSubject, { reason, message }: EventText): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([uid, reason, message]))
    .digest('hex');
  const start = name.slice(0, LONGEST_NAME - HASH_LENGTH - 1).replace(/[^a-z0-9]+$/, '');
  return `${start}.${hash.slice(0, HASH_LENGTH)}`;
}

function lastMs(event: JsonObject): number {
  const last = asObject(event['series'])['lastObservedTime'] ?? event['eventTime'];
  const ms = typeof last === 'string' ? Date.parse(last) : Number.NaN;
  return Number.isFinite(ms) ? ms : -Infinity;
}

/** At most so many bytes of UTF-8, whole characters. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_NOTE) return text;
  // A character that was cut through becomes U+FFFD.
  return `${bytes
    .subarray(0, LONGEST_NOTE - 3)
    .toString()
    .replace(/\uFFFD+$/, '')}…`;
}
