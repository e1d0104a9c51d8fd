import { expect, it } from 'vitest';
import type { Watching } from './recovery.ts';
import { recovery } from './recovery.ts';

/** A checker whose state follows from how often it was asked. */
function watching(states: readonly { lastPlacedMs?: number; waits?: boolean }[]): Watching {
  let look = -1;
  const state = (): { lastPlacedMs?: number; waits?: boolean } =>
    states[Math.min(look, states.length - 1)] ?? {};
  let nowMs = 1_000;
  return {
    now: () => (nowMs += 10),
    patienceMs: 500,
    idleMs: 30,
    checker: {
      get lastPlacedMs() {
        look += 1;
        return state().lastPlacedMs ?? 0;
      },
      get groups() {
        const waiting = new Set(state().waits === true ? [{ milliCpu: 1 }] : []);
        return [{ limits: { units: [] }, waiting, used: new Map() }].values();
      },
      onNode: new Map(),
    } as unknown as Watching['checker'],
  };
}

it('the time to the next placement', async () => {
  const seen = watching([{ waits: true }, { waits: true }, { lastPlacedMs: 1_210 }]);
  expect(await recovery(seen)).toEqual({ nextMs: 200, isLate: false });
});

it('a placement from before the end does not count', async () => {
  const seen = watching([{ lastPlacedMs: 1_009, waits: true }, { lastPlacedMs: 1_020 }]);
  expect(await recovery(seen)).toEqual({ nextMs: 10, isLate: false });
});

it('nothing to place: nothing is awaited', async () => {
  expect(await recovery(watching([{ waits: true }, {}]))).toEqual({ nextMs: undefined, isLate: false });
});

it('something to place, and no placement in time', async () => {
  expect(await recovery(watching([{ waits: true }]))).toEqual({ nextMs: undefined, isLate: true });
});
