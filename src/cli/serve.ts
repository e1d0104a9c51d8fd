/**
 * `resource-policy serve`: from the start line to the last answer.
 *
 * @module
 */
import { listen } from '../http/server.ts';
import { createLogger } from '../telemetry/logger.ts';
import { compose } from './compose.ts';
import type { ServeSettings } from './serve-settings.ts';
import { VERSION } from './version.ts';

/**
 * Runs until SIGTERM or SIGINT, then finishes the bindings in flight.
 *
 * @throws {Error} when there are no credentials or the address cannot be listened on.
 */
export async function serve(settings: ServeSettings): Promise<void> {
  const logger = createLogger(settings.logLevel);
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  const program = compose(settings, logger);
  await program.admission?.listen();
  // Listening before the view is complete: until then calls are answered with "starting" instead of a refusal.
  const server = await listen(program.app, settings.listen);
  logger.info(
    { version: VERSION, node: process.version, apiServer: program.apiServer, settings },
    `resource-policy ${VERSION} listens on http://${server.host}:${server.port}`,
  );
  const startedMs = performance.now();
  void program.start().then(
    (found) => logger.info({ ...found, seconds: (performance.now() - startedMs) / 1000 }, 'ready'),
    // Stopped before it was ready.
    () => undefined,
  );
  logger.info({ signal: await signalled }, 'stopping: no new decisions, bindings in flight are finished');
  program.drain();
  await server.close(settings.shutdownTimeout);
  await program.stop();
  logger.info('stopped');
}
