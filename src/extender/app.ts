/**
 * The HTTP face: routes, body limit, and answers to whatever is not a route. Builds, does not listen.
 *
 * @module
 */
import type { ErrorRequestHandler, Express } from 'express';
import express from 'express';
import { messageOf } from '../facts/message-of.ts';
import type { BodyLimit } from '../http/body.ts';
import { BodyBudget, readBody } from '../http/body.ts';
import type { Preemptor } from '../scheduling/preempt.ts';
import type { Ranker } from '../scheduling/rank.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CallOutcome, VerbName } from '../telemetry/outcomes.ts';
import type { BindParts } from './bind.ts';
import { bindVerb } from './bind.ts';
import type { FilterParts } from './filter.ts';
import { filterVerb } from './filter.ts';
import { preemptVerb } from './preempt.ts';
import { prioritizeVerb } from './prioritize.ts';
import type { MetricsSource } from './probes.ts';
import { healthz, metricsPage, readyz } from './probes.ts';
import type { Observe } from './verb.ts';
import { handler } from './verb.ts';

export interface AppParts extends FilterParts, BindParts {
  readonly ranker: Ranker;
  readonly preemptor: Preemptor;
  readonly unready: () => string | undefined;
  readonly metrics: MetricsSource;
  readonly observe: Observe;
  readonly logger: Logger;
  /** Largest body, in bytes. kube-scheduler sends about 25 bytes per node, and the whole pod. */
  readonly bodyLimitBytes: number;
}

/**
 * Bodies of the largest size that there is room for at once. kube-scheduler sends one at a time: it filters pod by pod,
 * and only the bodies of /bind, which are small, overlap.
 */
const BODIES_AT_ONCE = 2;
const BIND_LIMIT: BodyLimit = { bytes: 16_384, wayOut: 'four names are shorter' };

export function buildApp(parts: AppParts): Express {
  const { logger, observe } = parts;
  const app = bareApp();
  const limit = { bytes: parts.bodyLimitBytes, wayOut: 'raise --body-limit-mb' };
  const body = readBody(limit, new BodyBudget(BODIES_AT_ONCE * parts.bodyLimitBytes));
  app.post('/filter', body, handler(filterVerb(parts, logger), logger, observe));
  app.post('/prioritize', body, handler(prioritizeVerb(parts.ranker), logger, observe));
  app.post('/preempt', body, handler(preemptVerb(parts), logger, observe));
  app.post('/bind', readBody(BIND_LIMIT), handler(bindVerb(parts), logger, observe));
  addPages(app, parts);
  app.use((request, response) => {
    response.status(404).json({
      Error: `no ${request.method} ${request.path} here; there are POST /filter, /prioritize, /preempt, /bind and GET /healthz, /readyz, /metrics`,
    });
  });
  app.use(unreadable(logger, observe));
  return app;
}

/** The pages alone, for those who may not place pods: kubelet and Prometheus. */
export function buildProbesApp(parts: Pick<AppParts, 'unready' | 'metrics'>): Express {
  const app = bareApp();
  addPages(app, parts);
  app.use((_request, response) => {
    response.status(404).json({ Error: 'there are GET /healthz, /readyz and /metrics here' });
  });
  return app;
}

function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  // One path for each verb, so that what counts calls by path misses none.
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  return app;
}

function addPages(app: Express, { unready, metrics }: Pick<AppParts, 'unready' | 'metrics'>): void {
  app.get('/healthz', healthz);
  app.get('/readyz', readyz(unready));
  app.get('/metrics', metricsPage(metrics));
}

const VERBS: readonly VerbName[] = ['filter', 'prioritize', 'preempt', 'bind'];

/** Bodies that were not read: not acceptable, too large, cut off. */
function unreadable(logger: Logger, observe: Observe): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { status, message } = asHttpError(error);
    const isTheirs = status !== 500;
    logger[isTheirs ? 'warn' : 'error']({ path: request.path, err: isTheirs ? undefined : error }, message);
    const verb = VERBS.find((name) => request.path === `/${name}`);
    if (verb !== undefined) observe(verb, outcomeOf(status));
    // Answered already, because the body took too long: what is left of the connection is of no use.
    if (response.headersSent) response.destroy();
    else response.status(status).json({ Error: `resource-policy: ${message}` });
  };
}

/** Their errors, ours and body-parser's, carry their status; anything else is a fault of ours. */
function asHttpError(error: unknown): { status: number; message: string } {
  const isKnown = error instanceof Error && 'status' in error && typeof error.status === 'number';
  return { status: isKnown ? Number(error.status) : 500, message: messageOf(error) };
}

function outcomeOf(status: number): CallOutcome {
  if (status === 503) return 'overloaded';
  return status === 500 ? 'internal-error' : 'bad-request';
}
