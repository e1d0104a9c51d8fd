import { gzipSync } from 'node:zlib';
import { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';

import type { Answer } from '../../src/cluster/exchange.ts';
import { exchange, ExchangeFailed } from '../../src/cluster/exchange.ts';

/** A dispatcher that is still connecting. */
class Connecting extends Dispatcher {
  handler: Dispatcher.DispatchHandler | undefined;
  headers: Dispatcher.DispatchOptions['headers'];

  override dispatch({ headers }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.handler = handler;
    this.headers = headers;
    return true;
  }
}

const CONTROLLER: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

/** An exchange whose whole answer, said to be compressed, is this. */
function answeredWith(body: Buffer): { readonly answer: Promise<Answer>; readonly takes: unknown } {
  const dispatcher = new Connecting();
  const outgoing = { method: 'GET', path: '/', headers: {} } as const;
  const { answer } = exchange(dispatcher, outgoing, { signal: new AbortController().signal });
  const { handler } = dispatcher;
  handler?.onRequestStart?.(CONTROLLER, null);
  handler?.onResponseStart?.(CONTROLLER, 200, { 'content-encoding': 'gzip' });
  for (const part of [body.subarray(0, 7), body.subarray(7)]) handler?.onResponseData?.(CONTROLLER, part);
  handler?.onResponseEnd?.(CONTROLLER, {});
  return { answer, takes: dispatcher.headers };
}

describe('a compressed answer', () => {
  it('is asked for, and unpacked', async () => {
    const { answer, takes } = answeredWith(gzipSync('{"größe":1}'));
    expect(takes).toEqual({ 'accept-encoding': 'gzip' });
    await expect(answer).resolves.toMatchObject({ status: 200, body: '{"größe":1}' });
  });

  it.each([
    ['cut short', gzipSync('{}').subarray(0, 15)],
    ['something else', Buffer.from('{}')],
  ])('that is %s fails, and was sent', async (_title, body) => {
    const { answer } = answeredWith(body);
    await expect(answer).rejects.toMatchObject({ sent: true });
  });

  it('that unpacks to more than any list is refused', async () => {
    const { answer } = answeredWith(gzipSync(Buffer.alloc(257 * 1024 * 1024)));
    await expect(answer).rejects.toBeInstanceOf(ExchangeFailed);
  });
});

describe('an exchange that is given up before there is a connection', () => {
  it('has not been sent, and stops the dispatcher from sending it later', async () => {
    const dispatcher = new Connecting();
    const giveUp = new AbortController();
    const outgoing = { method: 'POST', path: '/', headers: {}, body: '{}' } as const;
    const { answer } = exchange(dispatcher, outgoing, { signal: giveUp.signal });
    const reason = new Error('too late');
    giveUp.abort(reason);
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExchangeFailed);
    expect(error).toMatchObject({ sent: false, cause: reason });
    const aborts: Error[] = [];
    dispatcher.handler?.onRequestStart?.({ ...CONTROLLER, abort: (because) => aborts.push(because) }, null);
    expect(aborts).toEqual([reason]);
  });
});
