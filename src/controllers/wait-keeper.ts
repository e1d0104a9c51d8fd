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

/** What is to stand on a pod. */
interface Wanted {
  readonly pod: PodFacts;
  readonly text: string;
}

export class WaitKeeper {
  readonly #parts: WaitKeeperParts;
  /** By UID, until it is written: one write of a pod at a time, so that no older one can overtake a newer one. */
  readonly #wanted = new Map<string, Wanted>();
  #isStopped = false;

  constructor(parts: WaitKeeperParts) {
    this.#parts = parts;
  }

  /** @param since all waits of the pod, milliseconds since the epoch by unit name. */
  keep(pod: PodFacts, since: Readonly<Record<string, number>>): void {
    const times = Object.entries(since).map(([unit, ms]) => [unit, new Date(ms).toISOString()]);
    const isUnderWay = this.#wanted.has(pod.uid);
    this.#wanted.set(pod.uid, { pod, text: JSON.stringify(Object.fromEntries(times)) });
    if (!isUnderWay) void this.#write(pod.uid);
  }

  stop(): void {
    this.#isStopped = true;
    this.#wanted.clear();
  }

  async #write(uid: string): Promise<void> {
    const { ledger, annotate, schedule, logger } = this.#parts;
    if (this.#isStopped || ledger.isRemoved(uid)) this.#wanted.delete(uid);
    const wanted = this.#wanted.get(uid);
    if (wanted === undefined) return;
    try {
      await annotate(wanted.pod, { [WAITING_ANNOTATION]: wanted.text });
    } catch (error) {
      logger.warn(
        { pod: `${wanted.pod.namespace}/${wanted.pod.name}` },
        `since when the pod waits could not be written, trying again: ${messageOf(error)}`,
      );
      schedule(() => void this.#write(uid), RETRY_MS);
      return;
    }
    if (this.#wanted.get(uid) === wanted) this.#wanted.delete(uid);
    else await this.#write(uid);
  }
}
