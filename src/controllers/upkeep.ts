/**
 * What must happen although no event calls for it: reservations of pods that were never heard of again are given up,
 * and the ledger is compared with a recount.
 *
 * @module
 */
import type { Ledger } from '../ledger/ledger.ts';
import type { Reservation } from '../ledger/reservation.ts';

export interface UpkeepParts {
  readonly ledger: Ledger;
  /** Whether the view is complete and fresh; nothing is given up otherwise. */
  readonly isReady: () => boolean;
  /** Up to when all events of pods have surely been delivered, on the ledger's clock. */
  readonly podsCurrentAtMs: () => number;
  readonly reservedMs: number;
  readonly uncertainMs: number;
  readonly clock: { nowMs(): number };
  readonly onExpired: (reservations: readonly Reservation[]) => void;
  readonly onMismatch: (differences: readonly string[]) => void;
}

const EXPIRE_EVERY_MS = 5_000;
/** Longest time for which nothing is given up after a view has become good for decisions. */
const LONGEST_SETTLING_MS = 60_000;
const AUDIT_EVERY_MS = 60_000;

/** Starts the rounds. @returns stops them. */
export function startUpkeep(parts: UpkeepParts): () => void {
  const settledMs = Math.min(parts.reservedMs, LONGEST_SETTLING_MS);
  let readySinceMs: number | undefined;
  const timers = [
    setInterval(() => {
      readySinceMs = parts.isReady() ? (readySinceMs ?? parts.clock.nowMs()) : undefined;
      // Time in which nothing could be decided is nobody's delay.
      if (readySinceMs !== undefined && parts.clock.nowMs() - readySinceMs >= settledMs) expireOnce(parts);
    }, EXPIRE_EVERY_MS),
    setInterval(() => {
      if (parts.isReady()) auditOnce(parts);
    }, AUDIT_EVERY_MS),
  ];
  return () => timers.forEach((timer) => clearInterval(timer));
}

function expireOnce({ ledger, reservedMs, uncertainMs, podsCurrentAtMs, onExpired }: UpkeepParts): void {
  const expired = ledger.expire({ reservedMs, uncertainMs, currentAtMs: podsCurrentAtMs() });
  if (expired.length > 0) onExpired(expired);
}

function auditOnce({ ledger, onMismatch }: UpkeepParts): void {
  const differences = ledger.audit();
  if (differences.length > 0) onMismatch(differences);
}
