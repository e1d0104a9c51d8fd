/**
 * The HTTP server around the app: listens, and stops without dropping an answer.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';

/** kube-scheduler's HTTP client closes idle connections after 90 s and does not repeat a POST: it must be first. */
const KEEP_ALIVE_MS = 120_000;

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections, waits for the answers under way, at most `timeoutMs`, then breaks off. */
  close(timeoutMs: number): Promise<void>;
}

/** @throws {Error} when the address is taken or not ours. */
export async function listen(
  app: RequestListener,
  endpoint: { host: string; port: number },
): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(endpoint.port, endpoint.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : endpoint.port;
  return {
    host: endpoint.host,
    port,
    close: async (timeoutMs) => {
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      clearTimeout(timer);
    },
  };
}
