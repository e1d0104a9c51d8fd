import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { TcpGate } from './tcp-gate.ts';

/** A server that repeats what it is told, the gate to it, and a client of the gate. */
async function anEcho(): Promise<{
  gate: TcpGate;
  dial: () => Socket;
  heard: (socket: Socket) => () => string;
}> {
  const server = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const gate = await TcpGate.to(address.port);
  onTestFinished(async () => {
    await gate.close();
    server.close();
  });
  return {
    gate,
    dial: () => connect(gate.port, '127.0.0.1').on('error', () => undefined),
    heard: (socket) => {
      let text = '';
      socket.on('data', (bytes) => (text += bytes.toString()));
      return () => text;
    },
  };
}

it('passes bytes both ways, and the end', async () => {
  const { dial, heard } = await anEcho();
  const socket = dial();
  const text = heard(socket);
  socket.write('hello');
  await vi.waitFor(() => expect(text()).toBe('hello'));

  socket.end();
  await once(socket, 'close');
});

it('keeps the order of what it holds back', async () => {
  const { gate, dial, heard } = await anEcho();
  const delays = [30, 0, 20, 0];
  gate.slow(() => delays.shift() ?? 0);
  const socket = dial();
  const text = heard(socket);
  for (const word of ['a', 'b', 'c', 'd']) {
    socket.write(word);
    // Each its own segment.
    await new Promise((resolve) => setImmediate(resolve));
  }

  await vi.waitFor(() => expect(text()).toBe('abcd'));
});

it('a deaf connection stays open and says nothing, a new one works', async () => {
  const { gate, dial, heard } = await anEcho();
  const old = dial();
  const oldText = heard(old);
  old.write('before');
  await vi.waitFor(() => expect(oldText()).toBe('before'));

  expect(gate.deafen()).toBe(1);
  old.write(' after');
  const fresh = dial();
  const freshText = heard(fresh);
  fresh.write('fresh');
  await vi.waitFor(() => expect(freshText()).toBe('fresh'));

  expect({ text: oldText(), closed: old.closed }).toEqual({ text: 'before', closed: false });
});

it('breaks what is open, and while it is shut whatever comes', async () => {
  const { gate, dial, heard } = await anEcho();
  const first = dial();
  await once(first, 'connect');
  gate.shut();
  await once(first, 'close');
  const second = dial();
  await once(second, 'close');

  gate.open();
  const third = dial();
  const text = heard(third);
  third.write('again');
  await vi.waitFor(() => expect(text()).toBe('again'));
});
