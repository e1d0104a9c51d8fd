/**
 * The webhook over real HTTPS on a port of its own, with the policies of the test, called as the API server calls it.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions } from 'node:tls';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import type { AdmissionAppParts } from '../../src/admission/app.ts';
import { buildAdmissionApp } from '../../src/admission/app.ts';
import type { Certificate } from '../../src/admission/certificate.ts';
import { createCertificate } from '../../src/admission/certificate.ts';
import type { RunningTlsServer } from '../../src/admission/server.ts';
import { listenTls } from '../../src/admission/server.ts';
import { createReviewCounter } from '../../src/telemetry/admission-metrics.ts';
import type { PolicyBuilder } from '../support/builders.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: unknown;
}

/** One line of the log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

type Headers = Readonly<Record<string, string>>;

export interface TestWebhook {
  readonly server: RunningTlsServer;
  readonly certificate: Certificate;
  readonly log: readonly LogLine[];
  /** POSTs a body, as JSON unless it is bytes or text already; refuses what the webhook's certificate is not for. */
  post(body: unknown, path?: string): Promise<Reply>;
  send(method: string, path: string, body?: string | Buffer, headers?: Headers): Promise<Reply>;
  metrics(): Promise<string>;
}

export async function aWebhook(
  policies: readonly PolicyBuilder[],
  parts: Partial<AdmissionAppParts> = {},
): Promise<TestWebhook> {
  const log: LogLine[] = [];
  const registry = new Registry();
  const app = buildAdmissionApp({
    policiesOf: (namespace) =>
      policies.map((policy) => policy.parsed()).filter((policy) => policy.namespace === namespace),
    settings: { schedulerName: undefined },
    arrives: () => ({ kind: 'queued' }),
    observe: createReviewCounter(registry),
    logger: pino(
      { level: 'debug', base: null },
      { write: (line: string) => void log.push(JSON.parse(line)) },
    ),
    ...parts,
  });
  const certificate = await aCertificate();
  const server = await listenTls(app, { host: '127.0.0.1', port: 0 }, certificate);
  onTestFinished(() => server.close());
  const to = { host: '127.0.0.1', port: server.port, ca: certificate.certPem };
  const post = (body: unknown, path = '/mutate-pods'): Promise<Reply> =>
    call(
      to,
      ['POST', path],
      typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body),
    );
  return {
    server,
    certificate,
    log,
    post,
    send: (method, path, body, headers) => call(to, [method, path], body, headers),
    metrics: () => registry.metrics(),
  };
}

/** For 127.0.0.1, an hour. */
export async function aCertificate(): Promise<Certificate> {
  return createCertificate({ host: '127.0.0.1', nowMs: Date.now(), validForMs: 3_600_000 });
}

async function call(
  to: ConnectionOptions,
  [method, path]: readonly [string, string],
  body?: string | Buffer,
  changed: Headers = {},
): Promise<Reply> {
  return new Promise<Reply>((resolve, reject) => {
    const sent = { 'content-type': 'application/json', ...changed };
    const request = httpsRequest({ ...to, method, path, agent: false, headers: sent }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((all) => resolve({ status, headers, json: JSON.parse(all) }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** What the API server sends when a pod is created. */
export function review(pod: object, request: object = {}): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'review-1',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: 'default',
      operation: 'CREATE',
      object: { apiVersion: 'v1', kind: 'Pod', ...pod },
      oldObject: null,
      dryRun: false,
      ...request,
    },
  };
}
