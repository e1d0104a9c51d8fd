/**
 * Takes a scheduling gate off a pod, together with what may only be changed while kube-scheduler does not look at it.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import { ApiError } from './api-error.ts';
import type { ObjectName } from './paths.ts';
import { JSON_PATCH, podPath } from './paths.ts';
import type { PatchResult } from './patcher.ts';
import type { Requests } from './pod-reader.ts';

/** Reads and patches pods. */
export class PodGates {
  readonly #client: Requests;

  constructor(client: Requests) {
    this.#client = client;
  }

  /**
   * Changes exactly this pod, as it was read: if it changes meanwhile, nothing is written.
   *
   * @param changes operations of a JSON patch on the pod as the API server has it; undefined: nothing is to be changed.
   * @throws {ApiError} for anything but success and `gone`, a pod that changed meanwhile among it.
   */
  async open(
    pod: ObjectName & { readonly uid: string },
    changes: (object: JsonObject) => readonly object[] | undefined,
  ): Promise<PatchResult> {
    const path = podPath(pod);
    try {
      const object = asObject(await this.#client.request({ method: 'GET', path }));
      const { uid, resourceVersion } = asObject(object['metadata']);
      if (uid !== pod.uid) return 'gone';
      const operations = changes(object);
      if (operations === undefined) return 'patched';
      const version = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
      const body = [version, ...operations];
      await this.#client.request({ method: 'PATCH', path, body, contentType: JSON_PATCH });
      return 'patched';
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return 'gone';
      throw error;
    }
  }
}
