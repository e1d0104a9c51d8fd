/**
 * A way to the API server that can be cut while the server lives on, so that things happen unseen.
 *
 * @module
 */
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** Starts a proxy to 127.0.0.1; {@link TcpProxy.close} is owed. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort);
  await proxy.listen();
  return proxy;
}

export class TcpProxy {
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((incoming) => {
    this.#connect(incoming);
  });
  #isCut = false;
  port = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
    this.port = address.port;
  }

  /** Breaks every connection and lets none through until {@link restore}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(incoming: Socket): void {
    if (this.#isCut) {
      incoming.destroy();
      return;
    }
    const outgoing = connect(this.#targetPort, '127.0.0.1');
    const ends = [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const;
    for (const [from, to] of ends) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
