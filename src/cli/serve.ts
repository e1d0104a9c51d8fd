/**
 * `resource-policy serve`: from the start line to the last answer.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { PriceList } from '../placement/price.ts';
import { createLogger } from '../telemetry/logger.ts';
import { compose } from './compose.ts';
import { isUnreadable } from './field-problem.ts';
import { priceList } from './plan-prices.ts';
import type { ServeSettings } from './serve-settings.ts';
import { openServers } from './servers.ts';
import { VERSION } from './version.ts';

/**
 * Runs until SIGTERM or SIGINT, then finishes the bindings in flight.
 *
 * @throws {Error} when there are no credentials, an address cannot be listened on, or a file of TLS or of prices is of no
 *   use.
 */
export async function serve(settings: ServeSettings): Promise<void> {
  const logger = createLogger(settings.logLevel);
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  const prices = settings.prices === undefined ? undefined : await readPrices(settings.prices);
  const program = compose(settings, logger, prices);
  await program.admission?.listen();
  // Listening before the view is complete: until then calls are answered with "starting" instead of a refusal.
  const servers = await openServers(program, settings, logger);
  const { url, probesUrl, pageUrl } = servers;
  logger.info(
    {
      version: VERSION,
      node: process.version,
      apiServer: program.apiServer,
      probes: probesUrl,
      page: pageUrl,
      settings,
    },
    `resource-policy ${VERSION} listens on ${url}`,
  );
  const startedMs = performance.now();
  void program.start(new URL(url).host).then(
    (found) => logger.info({ ...found, seconds: (performance.now() - startedMs) / 1000 }, 'ready'),
    // Stopped before it was ready.
    () => undefined,
  );
  logger.info({ signal: await signalled }, 'stopping: no new decisions, bindings in flight are finished');
  program.drain();
  await servers.closeVerbs(settings.shutdownTimeout);
  await program.stop();
  await servers.closePages();
  logger.info('stopped');
}

async function readPrices(name: string): Promise<PriceList> {
  const list = priceList({ name, text: await readFile(name, 'utf8') });
  if (!isUnreadable(list)) return list;
  const { file, line, message } = list;
  throw new Error(`${file}${line === undefined ? '' : `:${line}`}: ${message}`);
}
