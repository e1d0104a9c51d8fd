/**
 * MutatingWebhookConfigurations, read and written one by one.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { ApiError, localError } from './api-error.ts';
import { webhookConfigurationPath, WEBHOOK_CONFIGURATIONS_PATH } from './paths.ts';
import type { Requests } from './pod-reader.ts';

/** The parts of a configuration that matter here. */
export interface StandingConfiguration {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly annotations: Labels;
  /** As the API server wrote them. */
  readonly webhooks: unknown;
}

/** A configuration to write. */
export interface NewConfiguration {
  readonly metadata: { readonly name: string; readonly annotations: Labels };
}

type Version = Pick<StandingConfiguration, 'uid' | 'resourceVersion'>;

/** Configurations of mutating webhooks. A write fails when what stands is not the version that it is meant for. */
export class WebhookConfigurations {
  readonly #client: Requests;

  constructor(client: Requests) {
    this.#client = client;
  }

  /**
   * A consistent read. Undefined: the API server says that there is none of that name.
   *
   * @throws {ApiError} for every other answer, and for none.
   */
  async read(name: string): Promise<StandingConfiguration | undefined> {
    const path = webhookConfigurationPath(name);
    try {
      const found = asObject(await this.#client.request({ method: 'GET', path }));
      const { uid, resourceVersion, annotations } = asObject(found['metadata']);
      if (typeof uid !== 'string' || typeof resourceVersion !== 'string')
        throw localError('BadAnswer', `GET ${path}: the answer is no object`, { definite: false });
      return {
        uid,
        resourceVersion,
        annotations: textsOf(asObject(annotations)),
        webhooks: found['webhooks'],
      };
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return undefined;
      throw error;
    }
  }

  /** @throws {ApiError} also when one of that name exists. */
  async create(configuration: NewConfiguration): Promise<void> {
    await this.#client.request({ method: 'POST', path: WEBHOOK_CONFIGURATIONS_PATH, body: configuration });
  }

  /** @throws {ApiError} also when another version stands. */
  async replace(configuration: NewConfiguration, { uid, resourceVersion }: Version): Promise<void> {
    await this.#client.request({
      method: 'PUT',
      path: webhookConfigurationPath(configuration.metadata.name),
      body: { ...configuration, metadata: { ...configuration.metadata, uid, resourceVersion } },
    });
  }

  /** @throws {ApiError} also when another version stands. */
  async remove(name: string, { uid, resourceVersion }: Version): Promise<void> {
    await this.#client.request({
      method: 'DELETE',
      path: webhookConfigurationPath(name),
      body: { preconditions: { uid, resourceVersion } },
    });
  }
}

function textsOf(object: JsonObject): Labels {
  const pairs = Object.entries(object);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
