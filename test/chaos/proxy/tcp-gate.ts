/**
 * A way to a port of this host, byte by byte, that can be slow, deaf or cut while both ends live on.
 *
 * @module
 */
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** How long bytes wait before they are passed on, in milliseconds. */
type Delay = () => number;

export class TcpGate {
  readonly #targetPort: number;
  readonly #links = new Set<Link>();
  readonly #server = createServer((incoming) => this.#accept(incoming));
  #isShut = false;
  #delay: Delay | undefined;
  port = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  /** Listens on a free port of the loopback interface; {@link close} is owed. */
  static async to(targetPort: number): Promise<TcpGate> {
    const gate = new TcpGate(targetPort);
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    const address = gate.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the gate listens on no port');
    gate.port = address.port;
    return gate;
  }

  /** Breaks every connection; new ones are welcome. @returns how many there were. */
  reset(): number {
    const { size } = this.#links;
    for (const link of this.#links) link.destroy();
    return size;
  }

  /** Breaks every connection and refuses new ones until {@link open}. */
  shut(): void {
    this.#isShut = true;
    this.reset();
  }

  open(): void {
    this.#isShut = false;
  }

  /** From now on nothing passes on the connections that there are, and neither end is told. @returns how many. */
  deafen(): number {
    for (const link of this.#links) link.isDeaf = true;
    return this.#links.size;
  }

  /** Holds back everything that passes; undefined: no more. */
  slow(delay: Delay | undefined): void {
    this.#delay = delay;
  }

  async close(): Promise<void> {
    this.shut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(incoming: Socket): void {
    if (this.#isShut) {
      incoming.destroy();
      return;
    }
    const link = new Link(incoming, connect(this.#targetPort, '127.0.0.1'), () => this.#delay?.() ?? 0);
    this.#links.add(link);
    void link.ended.then(() => this.#links.delete(link));
  }
}

/** Two sockets that are one connection. */
class Link {
  readonly #ends: readonly [Socket, Socket];
  /** Resolves when both ends are closed. */
  readonly ended: Promise<unknown>;
  isDeaf = false;

  constructor(incoming: Socket, outgoing: Socket, delay: Delay) {
    this.#ends = [incoming, outgoing];
    this.ended = Promise.all(
      this.#ends.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    for (const socket of this.#ends) socket.setNoDelay(true);
    this.#relay(incoming, outgoing, delay);
    this.#relay(outgoing, incoming, delay);
  }

  destroy(): void {
    for (const socket of this.#ends) socket.destroy();
  }

  #relay(from: Socket, to: Socket, delay: Delay): void {
    // What is held back goes out in the order in which it came.
    let turn: Promise<void> | undefined;
    const inOrder = (work: () => void): void => {
      const waitMs = delay();
      if (waitMs === 0 && turn === undefined) {
        work();
        return;
      }
      const mine = afterTurn(turn, waitMs, () => {
        work();
        if (turn === mine) turn = undefined;
      });
      turn = mine;
    };
    from.on('data', (bytes) => {
      if (this.isDeaf) return;
      inOrder(() => {
        if (to.destroyed) return;
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    from.on('end', () => {
      if (!this.isDeaf) inOrder(() => to.end());
    });
    from.on('error', () => undefined);
    from.on('close', (hadError) => {
      if (this.isDeaf) return;
      inOrder(() => (hadError ? to.destroy() : to.end()));
    });
  }
}

async function afterTurn(turn: Promise<void> | undefined, waitMs: number, work: () => void): Promise<void> {
  await turn;
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  work();
}
