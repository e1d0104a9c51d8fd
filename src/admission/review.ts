/**
 * The JSON that the API server sends and expects: AdmissionReview of admission.k8s.io/v1, parsed once.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import type { PatchOperation } from '../placement/pin.ts';

const API_VERSION = 'admission.k8s.io/v1';
const KIND = 'AdmissionReview';

/** The request is not what the API server sends; the message names the field. */
export class BadReview extends Error {}

export interface ReviewRequest {
  /** Of the request, not of the pod; the answer repeats it. */
  readonly uid: string;
  readonly namespace: string;
  /** The pod that is being created; undefined: the request is about something else. */
  readonly pod: JsonObject | undefined;
  /** Nothing will be stored. */
  readonly isDryRun: boolean;
}

export interface AdmissionReview {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly response: {
    readonly uid: string;
    readonly allowed: true;
    readonly patchType?: 'JSONPatch';
    /** Base64 of the JSON patch. */
    readonly patch?: string;
  };
}

/** @throws {BadReview} naming the field that is missing or of the wrong type. */
export function parseReview(body: unknown): ReviewRequest {
  const review = objectOf(body, 'the body');
  if (review['apiVersion'] !== API_VERSION || review['kind'] !== KIND) {
    throw new BadReview(`apiVersion and kind must be ${API_VERSION} and ${KIND}`);
  }
  const request = objectOf(review['request'], 'request');
  const { uid, namespace, object } = request;
  if (typeof uid !== 'string' || uid === '') throw new BadReview('request.uid is missing or empty');
  return {
    uid,
    namespace: typeof namespace === 'string' ? namespace : '',
    pod: isPodCreation(request) ? objectOf(object, 'request.object') : undefined,
    isDryRun: request['dryRun'] === true,
  };
}

/** Always allowed: to refuse pods is nobody's wish here. */
export function allowed(uid: string, changes: readonly PatchOperation[]): AdmissionReview {
  const patch =
    changes.length === 0
      ? {}
      : { patchType: 'JSONPatch' as const, patch: Buffer.from(JSON.stringify(changes)).toString('base64') };
  return { apiVersion: API_VERSION, kind: KIND, response: { uid, allowed: true, ...patch } };
}

function isPodCreation({ kind, operation, subResource }: JsonObject): boolean {
  const isPod = asObject(kind)['kind'] === 'Pod' && asObject(kind)['group'] === '';
  return isPod && operation === 'CREATE' && (subResource === undefined || subResource === '');
}

function objectOf(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new BadReview(`${what} must be an object`);
}
