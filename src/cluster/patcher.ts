/**
 * The writes after the Binding: annotations of pods that wait or leave, and the status of policies.
 *
 * @module
 */
import { asObject } from '../facts/json.ts';
import { ApiError } from './api-error.ts';
import type { ObjectName } from './paths.ts';
import { MERGE_PATCH, podPath, policyPath } from './paths.ts';
import type { Requests } from './pod-reader.ts';

/** `gone`: the object no longer exists, or its name belongs to another one now; nothing was written. */
export type PatchResult = 'patched' | 'gone';

/** Patches pods and policies. */
export class Patcher {
  readonly #client: Requests;

  constructor(client: Requests) {
    this.#client = client;
  }

  /**
   * Sets annotations of exactly this pod; null removes one, others stay.
   *
   * @throws {ApiError} for anything but success and `gone`.
   */
  async annotatePod(
    pod: ObjectName & { readonly uid: string },
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<PatchResult> {
    try {
      return await this.#patch(podPath(pod), { metadata: { uid: pod.uid, annotations } });
    } catch (error) {
      if (isOfAnother(error)) return 'gone';
      throw error;
    }
  }

  /**
   * Has kube-scheduler look at this node first for exactly this pod.
   *
   * @throws {ApiError} for anything but success and `gone`.
   */
  async nominate(pod: ObjectName & { readonly uid: string }, nodeName: string): Promise<PatchResult> {
    const body = { metadata: { uid: pod.uid }, status: { nominatedNodeName: nodeName } };
    try {
      return await this.#patch(`${podPath(pod)}/status`, body);
    } catch (error) {
      if (isOfAnother(error)) return 'gone';
      throw error;
    }
  }

  /**
   * Sets annotations of exactly this pod.
   *
   * @returns its version afterwards; undefined: it no longer exists.
   * @throws {ApiError} for anything else.
   */
  async touchPod(
    pod: ObjectName & { readonly uid: string },
    annotations: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    try {
      const answer = await this.#client.request({
        method: 'PATCH',
        path: podPath(pod),
        body: { metadata: { uid: pod.uid, annotations } },
        contentType: MERGE_PATCH,
      });
      const { resourceVersion } = asObject(asObject(answer)['metadata']);
      return typeof resourceVersion === 'string' ? resourceVersion : undefined;
    } catch (error) {
      if (isOfAnother(error) || (error instanceof ApiError && error.notFound)) return undefined;
      throw error;
    }
  }

  /**
   * Merges into the status of a policy: fields not named stay, lists are replaced, null removes.
   *
   * @throws {ApiError} for anything but success and `gone`.
   */
  async writePolicyStatus(
    policy: ObjectName,
    status: Readonly<Record<string, unknown>>,
  ): Promise<PatchResult> {
    return this.#patch(`${policyPath(policy)}/status`, { status });
  }

  async #patch(path: string, body: unknown): Promise<PatchResult> {
    try {
      await this.#client.request({ method: 'PATCH', path, body, contentType: MERGE_PATCH });
      return 'patched';
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return 'gone';
      throw error;
    }
  }
}

/** The API server takes another uid for an attempt to change it. */
function isOfAnother(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422 && error.fields.includes('metadata.uid');
}
