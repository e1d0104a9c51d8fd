/**
 * The HTTP server around the app: listens, and stops without dropping an answer.
 *
 * @module
 */
import type { RequestListener, ServerResponse } from 'node:http';
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
  const underWay = new Set<ServerResponse>();
  let isClosing = false;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (isClosing) endsConnection(response);
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    app(request, response);
  });
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
      isClosing = true;
      underWay.forEach(endsConnection);
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      clearTimeout(timer);
    },
  };
}

/** Otherwise the connection would stay open, idle, for as long as keepAliveTimeout, and so would the server. */
function endsConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
