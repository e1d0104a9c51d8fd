/**
 * What the webhook counts.
 *
 * @module
 */
import type { Registry } from 'prom-client';
import { Instruments } from './instruments.ts';

/** Outcomes of a review. */
export const REVIEW_OUTCOMES = [
  'changed',
  /** Nothing to change, or no policy selects the pod. */
  'unchanged',
  /** What was sent is not what the API server sends. */
  'bad-request',
  /** The pod was created as it was. */
  'internal-error',
] as const;
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number];

/** @returns counts one answered review. */
export function createReviewCounter(registry: Registry): (outcome: ReviewOutcome) => void {
  const reviews = new Instruments(registry).counter('admission_reviews_total');
  for (const outcome of REVIEW_OUTCOMES) reviews.inc({ outcome }, 0);
  return (outcome) => reviews.inc({ outcome });
}
