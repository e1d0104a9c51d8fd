/**
 * Keeps since when a pod waits on the pod itself, so that a restart does not begin the wait anew.
 *
 * @module
 */
import { messageOf } from '../facts/message-of.ts';
import { WAITING_ANNOTATION } from '../facts/annotations.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface WaitKeeperParts {
  readonly ledger: Ledger;
  /** Sets annotations of the pod; rejects when they could not be written. */
  readonly annotate: (pod: PodFacts, annotations: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly logger: Logger;
}

const RETRY_MS = 5_000;

export class WaitKeeper {
  readonly #parts: WaitKeeperParts;
  #isStopped = false;

  constructor(parts: WaitKeeperParts) {
    this.#parts = parts;
  }

  /** @param since all waits of the pod, milliseconds since the epoch by unit name. */
  keep(pod: PodFacts, since: Readonly<Record<string, number>>): void {
    const times = Object.entries(since).map(([unit, ms]) => [unit, new Date(ms).toISOString()]);
    void this.#write(pod, JSON.stringify(Object.fromEntries(times)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #write(pod: PodFacts, text: string): Promise<void> {
    const { ledger, annotate, schedule, logger } = this.#parts;
    if (this.#isStopped || ledger.isRemoved(pod.uid)) return;
    try {
      await annotate(pod, { [WAITING_ANNOTATION]: text });
    } catch (error) {
      logger.warn(
        { pod: `${pod.namespace}/${pod.name}` },
        `since when the pod waits could not be written, trying again: ${messageOf(error)}`,
      );
      schedule(() => void this.#write(pod, text), RETRY_MS);
    }
  }
}
