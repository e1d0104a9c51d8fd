/**
 * GET /healthz, /readyz and /metrics.
 *
 * @module
 */
import type { RequestHandler } from 'express';

/** Alive: the event loop answers. Says nothing of the cluster, so an API server outage restarts nobody. */
export const healthz: RequestHandler = (_request, response) => {
  response.type('text/plain').send('ok\n');
};

/** @param unready why decisions cannot be made now; undefined when they can. */
export function readyz(unready: () => string | undefined): RequestHandler {
  return (_request, response) => {
    const reason = unready();
    response
      .status(reason === undefined ? 200 : 503)
      .type('text/plain')
      .send(`${reason ?? 'ok'}\n`);
  };
}

export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export function metricsPage(source: MetricsSource): RequestHandler {
  return async (_request, response) => {
    response.type(source.contentType).send(await source.metrics());
  };
}
