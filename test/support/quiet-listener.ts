import type { LedgerListener } from '../../src/ledger/ledger.ts';

/** Hears nothing; a test lays what it wants to hear over it. */
export const QUIET: LedgerListener = {
  room: () => undefined,
  released: () => undefined,
  counted: () => undefined,
  miscosted: () => undefined,
};
