/**
 * The commit point: one Binding that places a pod and carries all that is written on it.
 *
 * @module
 */
import { asObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { ApiError } from './api-error.ts';
import { messageOf } from '../facts/message-of.ts';
import { MERGE_PATCH, podPath } from './paths.ts';
import type { PodReader, Requests } from './pod-reader.ts';
import type { ServerVersion } from './server-version.ts';

export interface BindRequest {
  readonly namespace: string;
  readonly name: string;
  /** Precondition: a recreated pod of the same name is not bound. */
  readonly uid: string;
  /** Precondition: the version of the pod. Absent: any. */
  readonly resourceVersion?: string;
  readonly nodeName: string;
  /** Set on the pod, over existing values: in the same write, before Kubernetes 1.35 in one before it. */
  readonly labels?: Labels;
  /** Set on the pod in the same write, over existing values. */
  readonly annotations?: Labels;
}

/**
 * - `bound`: by this call, with its labels and annotations
 * - `already-bound-here`: this pod is on this node, by an earlier call of whoever; `pod` says what that one wrote
 * - `stale`: the pod has changed since the version that was given, so no Binding with it was or will be carried out; `pod`
 *   is unbound, as it is now
 * - `refused`: surely not bound by this call, nor will be; `status` is HTTP's, 0 when it was never sent
 * - `unknown`: may be bound, or may yet be; `resourceVersion` is what its Binding named, absent: nothing
 */
export type BindResult =
  | { readonly outcome: 'bound' }
  | { readonly outcome: 'already-bound-here'; readonly pod: PodFacts }
  | { readonly outcome: 'stale'; readonly pod: PodFacts }
  | { readonly outcome: 'refused'; readonly status: number; readonly message: string }
  | { readonly outcome: 'unknown'; readonly resourceVersion?: string; readonly message: string };

/** Binds pods to nodes. */
export class Binder {
  readonly #client: Requests;
  readonly #reader: Pick<PodReader, 'readPod'>;
  readonly #version: Pick<ServerVersion, 'bindingCarriesLabels'>;
  readonly #isLeading: () => boolean;

  /** @param isLeading whether this replica still decides: a Binding that has waited to be sent goes out only then. */
  constructor(
    client: Requests,
    reader: Pick<PodReader, 'readPod'>,
    version: Pick<ServerVersion, 'bindingCarriesLabels'>,
    isLeading: () => boolean,
  ) {
    this.#client = client;
    this.#reader = reader;
    this.#version = version;
    this.#isLeading = isLeading;
  }

  /**
   * Binds once. A connection that broke, or a 5xx, is followed by one more try: the API server binds a pod once, so
   * two Bindings that say the same are one. Never throws for what the API server does or fails to do.
   */
  async bind(asked: BindRequest): Promise<BindResult> {
    const request = await this.#label(asked);
    if (request instanceof ApiError)
      return request.status === 409 ? this.#judgeConflict(asked, request, true) : refused(request);
    const first = await this.#attempt(request);
    if (first.error === undefined) return { outcome: 'bound' };
    const isRepeatable = !first.error.definite && first.error.reason !== 'DeadlineExceeded';
    if (!isRepeatable) return this.#judge(request, first.error, first.error.definite);
    const second = await this.#attempt(request);
    if (second.error === undefined) return { outcome: 'bound' };
    return this.#judge(request, second.error, false);
  }

  /**
   * Writes the labels first where the Binding cannot carry them.
   *
   * @returns what is to be bound then, or why they could not be written.
   */
  async #label(request: BindRequest): Promise<BindRequest | ApiError> {
    const { uid, labels = {}, resourceVersion: expected } = request;
    if (Object.keys(labels).length === 0 || (await this.#version.bindingCarriesLabels())) return request;
    try {
      const patched = await this.#client.request({
        method: 'PATCH',
        path: podPath(request),
        body: { metadata: { uid, labels, ...(expected === undefined ? {} : { resourceVersion: expected }) } },
        contentType: MERGE_PATCH,
      });
      const { resourceVersion } = asObject(asObject(patched)['metadata']);
      if (expected === undefined || typeof resourceVersion !== 'string') return request;
      return { ...request, resourceVersion };
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  async #attempt(request: BindRequest): Promise<{ error: ApiError | undefined }> {
    const { namespace, name, uid, resourceVersion, nodeName, labels = {}, annotations = {} } = request;
    try {
      await this.#client.request({
        method: 'POST',
        path: `${podPath(request)}/binding`,
        body: {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { namespace, name, uid, resourceVersion, labels, annotations },
          target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
        },
        mayLeave: this.#isLeading,
      });
      return { error: undefined };
    } catch (error) {
      if (error instanceof ApiError) return { error };
      throw error;
    }
  }

  /**
   * @param isOnlyAttempt No earlier attempt of this call can have been, or be, carried out. When one can, only an
   *   answer that excludes it for good is a refusal: the pod is gone, or it is bound elsewhere or another pod.
   */
  async #judge(request: BindRequest, error: ApiError, isOnlyAttempt: boolean): Promise<BindResult> {
    if (error.status === 409) return this.#judgeConflict(request, error, isOnlyAttempt);
    if (error.definite && (isOnlyAttempt || error.notFound)) return refused(error);
    return unknown(request, error.message);
  }

  async #judgeConflict(
    request: BindRequest,
    conflict: ApiError,
    isOnlyAttempt: boolean,
  ): Promise<BindResult> {
    let pod: PodFacts | undefined;
    try {
      pod = await this.#reader.readPod(request.namespace, request.name);
    } catch (error) {
      return unknown(request, `${conflict.message}; reading the pod: ${messageOf(error)}`);
    }
    if (pod?.uid === request.uid && pod.nodeName === request.nodeName)
      return { outcome: 'already-bound-here', pod };
    if (pod?.uid !== request.uid || pod.nodeName !== undefined || pod.terminating) return refused(conflict);
    const { resourceVersion = pod.resourceVersion } = request;
    if (pod.resourceVersion !== resourceVersion) return { outcome: 'stale', pod };
    if (!isOnlyAttempt) return unknown(request, conflict.message);
    return refused(conflict);
  }
}

function unknown({ resourceVersion }: BindRequest, message: string): BindResult {
  return { outcome: 'unknown', ...(resourceVersion === undefined ? {} : { resourceVersion }), message };
}

function refused(error: ApiError): BindResult {
  return { outcome: 'refused', status: error.status, message: error.message };
}
