/**
 * What the use cases need from outside, declared where it is used; `cluster/` provides it.
 *
 * @module
 */
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Labels } from '../facts/labels.ts';

export interface Clock {
  /** Milliseconds that only move forward; the origin means nothing. */
  nowMs(): number;
}

/** What the watch knows of itself. */
export interface View {
  /** Why the view may not be decided upon now; undefined when it is complete and fresh. */
  unready(): string | undefined;
}

/** One Binding: node, labels and annotations reach the pod in a single write. */
export interface Binding {
  readonly namespace: string;
  readonly name: string;
  /** Precondition: a pod recreated under the same name is not bound. */
  readonly uid: string;
  /**
   * Precondition: the pod is as it was decided upon. What was sent with a version that the pod has left behind never
   * lands, whoever sent it and however late it arrives. Absent: none.
   */
  readonly resourceVersion?: string;
  readonly nodeName: string;
  /** Absent: none. */
  readonly labels?: Labels;
  readonly annotations?: Labels;
}

export type BindResult =
  | { readonly outcome: 'bound' }
  /** The pod was on this very node already. */
  | { readonly outcome: 'already-bound-here' }
  /** The pod has changed since that version, and is not bound: no Binding with it was or will be written. */
  | { readonly outcome: 'stale'; readonly pod: PodFacts }
  /** The API server said no (status is its HTTP status, 0 when it was never asked); nothing was or will be written. */
  | { readonly outcome: 'refused'; readonly status: number; readonly message: string }
  /**
   * No answer, or one that leaves it open: the Binding may have been written, or be written yet. `resourceVersion` is the
   * one that was named, which is later than the one asked for where labels had to be written first; absent: none was.
   */
  | { readonly outcome: 'unknown'; readonly resourceVersion?: string; readonly message: string };

export interface Binder {
  bind(binding: Binding): Promise<BindResult>;
}

export interface PodReader {
  /** The pod as the API server holds it; undefined when there is none of that name. Rejects when it cannot be read. */
  readPod(namespace: string, name: string): Promise<PodFacts | undefined>;
}
