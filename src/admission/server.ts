/**
 * The HTTPS server around the app: takes a new certificate without a break.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { WEBHOOK_LIMITS } from '../http/limits.ts';
import { listen } from '../http/server.ts';
import type { Tls } from '../http/tls-files.ts';
import type { Certificate } from './certificate.ts';

/** The API server waits 2 s, so nobody waits longer for an answer when we close. */
const LAST_ANSWERS_MS = 2_000;

export interface RunningTlsServer {
  readonly host: string;
  readonly port: number;
  /** New connections see this certificate; those that stand go on. */
  show(certificate: Certificate): void;
  /** Takes no new connections, waits for the answers under way, at most 2 s. */
  close(): Promise<void>;
}

/**
 * Does not keep the process alive by itself.
 *
 * @throws {Error} when the address is taken or not ours.
 */
export async function listenTls(
  app: RequestListener,
  endpoint: { host: string; port: number },
  certificate: Certificate,
): Promise<RunningTlsServer> {
  const server = await listen(app, endpoint, { limits: WEBHOOK_LIMITS, tls: tlsOf(certificate) });
  server.unref();
  return {
    host: server.host,
    port: server.port,
    show: (next) => server.show(tlsOf(next)),
    close: () => server.close(LAST_ANSWERS_MS),
  };
}

/** Without a client CA: the API server has no certificate for webhooks unless somebody gives it one. */
function tlsOf({ certPem, keyPem }: Certificate): Tls {
  return { cert: certPem, key: keyPem, clientCa: undefined };
}
