/**
 * One pod as the API server has it now, for when the watch's view is not fresh enough.
 *
 * @module
 */
import type { PodFacts, PodObject } from '../facts/pod-facts.ts';
import { podFacts } from '../facts/pod-facts.ts';
import { isObject } from '../facts/json.ts';
import type { ApiRequest } from './api-client.ts';
import { ApiError, localError } from './api-error.ts';
import type { ObjectName } from './paths.ts';
import { podPath } from './paths.ts';

/** What is needed of {@link import('./api-client.ts').ApiClient}. */
export interface Requests {
  request(request: ApiRequest): Promise<unknown>;
}

/** Reads pods one by one. */
export class PodReader {
  readonly #client: Requests;

  constructor(client: Requests) {
    this.#client = client;
  }

  /**
   * A consistent read. Undefined: the API server says that there is no such pod.
   *
   * @throws {ApiError} for every other answer, and for none.
   */
  async readPod(namespace: string, name: string): Promise<PodFacts | undefined> {
    const pod = await this.readObject(namespace, name);
    return pod && podFacts(pod);
  }

  /** The same, with everything that the API server tells of the pod. */
  async readObject(namespace: string, name: string): Promise<PodObject | undefined> {
    const path = podPath({ namespace, name } satisfies ObjectName);
    try {
      const pod = await this.#client.request({ method: 'GET', path });
      if (!isPod(pod))
        throw localError('BadAnswer', `GET ${path}: the answer is no pod`, { definite: false });
      return pod;
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return undefined;
      throw error;
    }
  }
}

/** The API server types its fields; that there is a Pod is all that is left to check. */
function isPod(value: unknown): value is PodObject {
  return isObject(value) && isObject(value['metadata']) && value['kind'] === 'Pod';
}
