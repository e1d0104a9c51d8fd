/**
 * The HTTP face of the webhook: one route, which changes pods and never refuses one. Builds, does not listen.
 *
 * @module
 */
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import express from 'express';
import { messageOf } from '../facts/message-of.ts';
import type { BodyLimit } from '../http/body.ts';
import { BodyBudget, readBody } from '../http/body.ts';
import { BadBody, parseJson } from '../http/json-body.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { ReviewOutcome } from '../telemetry/admission-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { admittedPod } from './admitted-pod.ts';
import type { PatchOperation } from '../placement/pin.ts';
import type { Arrival, Newcomer } from '../scheduling/arrivals.ts';
import type { MutationSettings } from './mutation.ts';
import { isLookedAt } from '../placement/pin.ts';
import { isOurs, isPlaced, mutationsOf } from './mutation.ts';
import { newcomerOf } from './newcomer.ts';
import type { ReviewRequest } from './review.ts';
import { allowed, BadReview, parseReview } from './review.ts';

/** Where the API server sends pods. */
export const MUTATE_PATH = '/mutate-pods';

/** The API server takes objects of 3 MiB at most; as JSON inside a review they need more. */
const BODY_LIMIT: BodyLimit = { bytes: 8 * 1024 * 1024, wayOut: 'no object is larger' };
/** Of the largest size; most are a thousand times smaller. */
const BODIES_AT_ONCE = 4;

export interface AdmissionAppParts {
  readonly policiesOf: (namespace: string) => readonly ResourcePolicy[];
  readonly settings: MutationSettings;
  /** What becomes of a pod of ours; see {@link import('../scheduling/arrivals.ts').Arrivals.arrives}. */
  readonly arrives: (pod: Newcomer, isReal: boolean) => Arrival;
  /** Told of every answered review. */
  readonly observe: (outcome: ReviewOutcome) => void;
  readonly logger: Logger;
}

export function buildAdmissionApp(parts: AdmissionAppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const budget = new BodyBudget(BODIES_AT_ONCE * BODY_LIMIT.bytes);
  app.post(MUTATE_PATH, readBody(BODY_LIMIT, budget), reviews(parts));
  app.use((request, response) => {
    response
      .status(404)
      .json({ error: `no ${request.method} ${request.path} here; there is POST ${MUTATE_PATH}` });
  });
  app.use(unreadable(parts));
  return app;
}

function reviews(parts: AdmissionAppParts): RequestHandler {
  return (request, response) => {
    const review = parseReview(parseJson(request.body, 'the AdmissionReview that the API server sends'));
    const changes = changesFor(review, parts);
    response.json(allowed(review.uid, changes ?? []));
    parts.observe(changes === undefined ? 'internal-error' : changes.length === 0 ? 'unchanged' : 'changed');
  };
}

/** Undefined: an error of ours, which must not keep the pod from being created. */
function changesFor(
  { namespace, pod, isDryRun }: ReviewRequest,
  { policiesOf, settings, arrives, logger }: AdmissionAppParts,
): readonly PatchOperation[] | undefined {
  if (pod === undefined) return [];
  try {
    const admitted = admittedPod(pod);
    const policies = policiesOf(namespace).filter((policy) => selects(policy, admitted.labels));
    const isNew = isPlaced(admitted) && !isLookedAt(pod);
    const isInLine = policies.length > 0 && isNew && isOurs(admitted, settings);
    const arrival: Arrival = isInLine
      ? arrives(newcomerOf(namespace, admitted, policies), !isDryRun)
      : { kind: 'queued' };
    const changes = mutationsOf(admitted, { policies, settings, arrival });
    if (changes.length > 0) {
      logger.debug(
        { namespace, policies: policies.map(({ name }) => name), changes },
        'pod changed at creation',
      );
    }
    return changes;
  } catch (error) {
    logger.error({ namespace, err: error }, 'a pod could not be looked at; it is created as it is');
    return undefined;
  }
}

/** Bodies that are no review, or could not be read: too large, broken encoding, cut off. */
function unreadable({ logger, observe }: AdmissionAppParts): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const status = statusOf(error);
    const message = messageOf(error);
    logger[status < 500 ? 'warn' : 'error'](
      { path: request.path, err: status < 500 ? undefined : error },
      `admission: ${message}`,
    );
    // Answered already, because the body took too long: what is left of the connection is of no use.
    if (response.headersSent) response.destroy();
    else response.status(status).json({ error: `resource-policy: ${message}` });
    observe(status < 500 ? 'bad-request' : 'internal-error');
  };
}

/** Errors about what was not read, body-parser's among them, carry their status. */
function statusOf(error: unknown): number {
  if (error instanceof BadReview || error instanceof BadBody) return 400;
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
}
