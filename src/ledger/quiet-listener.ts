import type { LedgerListener } from './ledger.ts';

/** Hears nothing: for ledgers of which only questions are asked. */
export const QUIET: LedgerListener = {
  room: () => undefined,
  released: () => undefined,
  counted: () => undefined,
  miscosted: () => undefined,
  doubtful: () => undefined,
  held: () => undefined,
};
