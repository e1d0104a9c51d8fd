import type { Ledger } from '../../src/ledger/ledger.ts';
import { Attempts } from '../../src/scheduling/attempts.ts';
import { Chooser } from '../../src/scheduling/chooser.ts';
import { Waits } from '../../src/scheduling/waits.ts';

/** A chooser on this clock whose timed waits nobody keeps. */
export function plainChooser(ledger: Ledger, nowMs: () => number): Chooser {
  return new Chooser(
    ledger,
    new Waits({ wallClock: nowMs, began: () => undefined, waiting: () => undefined }),
    new Attempts({ clock: { nowMs }, retry: () => undefined }),
  );
}

/** Never sends kube-scheduler to a node that it did not offer: for clusters so small that it offers them all. */
export const NO_SCOUT = {
  seeks: () => false,
  done: () => undefined,
  rests: () => undefined,
  isOut: () => false,
};
