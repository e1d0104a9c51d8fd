/**
 * Free TCP ports on the loopback interface.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range from which Linux and macOS take the ports of outgoing connections: a component that is stopped for
// a while must find its port free when it comes back.
const lowestPort = 16_000;
const highestPort = 32_000;

/**
 * Makes a function that yields another port at every call: one that nothing listens on now and that is not in
 * `taken`. Nothing holds the port afterwards, so the caller has to keep other pickers away until it is in use.
 */
export function portPicker(taken: Iterable<number>): () => Promise<number> {
  const unavailable = new Set(taken);
  return async () => {
    for (;;) {
      const port = randomInt(lowestPort, highestPort);
      if (unavailable.has(port)) continue;
      unavailable.add(port);
      if (await isFree(port)) return port;
    }
  };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
