/**
 * A client that writes what no HTTP library would.
 *
 * @module
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP connection to 127.0.0.1, and all that came over it. */
export interface RawConnection {
  readonly socket: Socket;
  readonly said: () => string;
  /** Resolves when the server has ended or broken the connection, with all that came over it. */
  readonly closed: Promise<string>;
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => (said += text));
  // A connection that is broken off is one of the things to be seen.
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(said));
  });
  await once(socket, 'connect');
  return { socket, said: () => said, closed };
}

/** Writes this and nothing more; resolves with all that came until the server closed the connection. */
export async function answerTo(port: number, text: string | Buffer): Promise<string> {
  const { socket, closed } = await rawConnection(port);
  socket.write(text);
  return closed;
}
