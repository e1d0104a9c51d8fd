/**
 * The HTTP face: routes, body limit, and answers to whatever is not a route. Builds, does not listen.
 *
 * @module
 */
import type { ErrorRequestHandler, Express } from 'express';
import express from 'express';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Committer } from '../scheduling/commit.ts';
import type { Decider } from '../scheduling/decide.ts';
import type { Preemptor } from '../scheduling/preempt.ts';
import type { Ranker } from '../scheduling/rank.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { VerbName } from '../telemetry/outcomes.ts';
import { bindVerb } from './bind.ts';
import { filterVerb } from './filter.ts';
import { preemptVerb } from './preempt.ts';
import { prioritizeVerb } from './prioritize.ts';
import type { MetricsSource } from './probes.ts';
import { healthz, metricsPage, readyz } from './probes.ts';
import type { Observe } from './verb.ts';
import { handler } from './verb.ts';

export interface AppParts {
  /** Resolves when it is our turn to decide about the pod, or when the caller cannot wait any longer. */
  readonly comes: (pod: PodFacts) => Promise<void>;
  readonly decider: Decider;
  readonly ranker: Ranker;
  readonly preemptor: Preemptor;
  readonly committer: Committer;
  readonly unready: () => string | undefined;
  readonly metrics: MetricsSource;
  readonly observe: Observe;
  readonly logger: Logger;
  /** Largest body, in bytes. kube-scheduler sends about 25 bytes per node, and the whole pod. */
  readonly bodyLimitBytes: number;
}

export function buildApp(parts: AppParts): Express {
  const { logger, observe } = parts;
  const app = bareApp();
  const body = express.raw({ type: () => true, limit: parts.bodyLimitBytes });
  app.post('/filter', body, handler(filterVerb(parts, logger), logger, observe));
  app.post('/prioritize', body, handler(prioritizeVerb(parts.ranker), logger, observe));
  app.post('/preempt', body, handler(preemptVerb(parts), logger, observe));
  app.post('/bind', body, handler(bindVerb(parts.committer), logger, observe));
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
  return app;
}

function addPages(app: Express, { unready, metrics }: Pick<AppParts, 'unready' | 'metrics'>): void {
  app.get('/healthz', healthz);
  app.get('/readyz', readyz(unready));
  app.get('/metrics', metricsPage(metrics));
}

const VERBS: readonly VerbName[] = ['filter', 'prioritize', 'preempt', 'bind'];

/** Bodies that could not be read: too large, broken encoding, cut off. */
function unreadable(logger: Logger, observe: Observe): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, message } = asHttpError(error);
    logger[status < 500 ? 'warn' : 'error'](
      { path: request.path, err: status < 500 ? undefined : error },
      message,
    );
    response.status(status).json({ Error: `resource-policy: ${message}` });
    const verb = VERBS.find((name) => request.path === `/${name}`);
    if (verb !== undefined) observe(verb, status < 500 ? 'bad-request' : 'internal-error');
  };
}

/** body-parser's errors carry their status; anything else is ours. */
function asHttpError(error: unknown): { status: number; message: string } {
  if (!(error instanceof Error)) return { status: 500, message: String(error) };
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  // body-parser's own text does not say what to do.
  if (status === 413) return { status, message: 'the body is over the limit; raise --body-limit-mb' };
  return { status, message: error.message };
}
