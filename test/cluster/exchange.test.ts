import { describe, expect, it } from 'vitest';
import { Dispatcher } from 'undici';

import { exchange, ExchangeFailed } from '../../src/cluster/exchange.ts';

/** A dispatcher that is still connecting. */
class Connecting extends Dispatcher {
  handler: Dispatcher.DispatchHandler | undefined;

  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.handler = handler;
    return true;
  }
}

describe('an exchange that is given up before there is a connection', () => {
  it('has not been sent, and stops the dispatcher from sending it later', async () => {
    const dispatcher = new Connecting();
    const giveUp = new AbortController();
    const outgoing = { method: 'POST', path: '/', headers: {}, body: '{}' } as const;
    const { answer } = exchange(dispatcher, outgoing, giveUp.signal);
    const reason = new Error('too late');
    giveUp.abort(reason);
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExchangeFailed);
    expect(error).toMatchObject({ sent: false, cause: reason });
    const aborts: Error[] = [];
    dispatcher.handler?.onRequestStart?.(
      {
        aborted: false,
        paused: false,
        reason: null,
        abort: (because) => aborts.push(because),
        pause: () => undefined,
        resume: () => undefined,
      },
      null,
    );
    expect(aborts).toEqual([reason]);
  });
});
