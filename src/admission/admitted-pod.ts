/**
 * The parts of a pod that is being created which decide how it is changed. Pure.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { textsOf } from '../facts/labels.ts';

/** A pod before it is stored; it may have neither name nor uid yet. Empty strings are absent. */
export interface AdmittedPod {
  readonly labels: Labels;
  readonly nodeName: string | undefined;
  readonly schedulerName: string | undefined;
  readonly tolerations: readonly Toleration[];
  /** As the API server sent it. */
  readonly object: JsonObject;
}

export interface Toleration {
  readonly key: string | undefined;
  readonly operator: string | undefined;
  readonly effect: string | undefined;
}

/** Reads a Pod object. The API server has checked its types already: what is of a wrong one is taken for absent. */
export function admittedPod(pod: JsonObject): AdmittedPod {
  const spec = asObject(pod['spec']);
  const tolerations: unknown = spec['tolerations'];
  return {
    labels: textsOf(asObject(pod['metadata'])['labels']),
    nodeName: text(spec['nodeName']),
    schedulerName: text(spec['schedulerName']),
    tolerations: Array.isArray(tolerations) ? tolerations.filter(isObject).map(tolerationOf) : [],
    object: pod,
  };
}

function tolerationOf({ key, operator, effect }: JsonObject): Toleration {
  return { key: text(key), operator: text(operator), effect: text(effect) };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
