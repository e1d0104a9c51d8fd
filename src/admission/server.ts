/**
 * The HTTPS server around the app: listens, takes a new certificate without a break, and stops.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Certificate } from './certificate.ts';

/** The API server closes idle connections after 90 s: it must be first, or a call falls into our closing. */
const KEEP_ALIVE_MS = 120_000;
/** The API server waits 2 s; whoever needs longer to send a request is not it. */
const REQUEST_MS = 10_000;
/** For the same reason nobody waits longer for an answer when we close. */
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
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS };
  const server = createServer({ ...options, ...contextOf(certificate) }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(endpoint.port, endpoint.host, resolve);
  });
  server.unref();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : endpoint.port;
  return {
    host: endpoint.host,
    port,
    show: (next) => server.setSecureContext(contextOf(next)),
    close: async () => {
      const timer = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
      await new Promise((resolve) => {
        server.close(resolve);
      });
      clearTimeout(timer);
    },
  };
}

function contextOf({ certPem, keyPem }: Certificate): { cert: string; key: string; minVersion: 'TLSv1.3' } {
  return { cert: certPem, key: keyPem, minVersion: 'TLSv1.3' };
}
