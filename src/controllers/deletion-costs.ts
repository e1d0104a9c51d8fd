/**
 * Corrects the deletion cost of bound pods: after a policy's units changed, for pods that were bound by somebody else,
 * and for those that no policy selects any more. Level-triggered: what to write follows from the ledger as it is when
 * the pod's turn comes. Costs that others wrote are left alone.
 *
 * @module
 */
import { messageOf } from '../facts/message-of.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface DeletionCostsParts {
  readonly ledger: Ledger;
  /** Sets annotations of the pod, null removes one; rejects when they could not be written. */
  readonly annotate: (
    pod: PodFacts,
    annotations: Readonly<Record<string, string | null>>,
  ) => Promise<unknown>;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly logger: Logger;
}

/** Patches under way at once: a policy change may concern thousands of pods, and bindings must not wait for them. */
const AT_ONCE = 4;
const RETRY_MS = 5_000;

export class DeletionCosts {
  readonly #parts: DeletionCostsParts;
  readonly #queue = new Map<string, PodFacts>();
  /** UIDs of the pods that are being written: a second write of one could overtake the first. */
  readonly #underWay = new Set<string>();
  readonly #failed = new Map<string, PodFacts>();
  #isLeading = false;
  #cancelRetry: (() => void) | undefined;

  constructor(parts: DeletionCostsParts) {
    this.#parts = parts;
  }

  /** The pod may need another cost. */
  check(pod: PodFacts): void {
    if (!this.#isLeading) return;
    this.#queue.set(pod.uid, pod);
    this.#run();
  }

  /** From now on this process writes; all that others left undone is found. */
  lead(): void {
    this.#isLeading = true;
    for (const pod of this.#parts.ledger.miscosted()) this.check(pod);
  }

  /** From now on this process writes nothing. */
  follow(): void {
    this.#isLeading = false;
    this.#queue.clear();
    this.#failed.clear();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #run(): void {
    for (const [uid, pod] of this.#queue) {
      if (this.#underWay.size >= AT_ONCE) return;
      if (this.#underWay.has(uid)) continue;
      this.#queue.delete(uid);
      const annotations = this.#parts.ledger.costCorrection(uid);
      if (annotations !== undefined) void this.#correct(pod, annotations);
    }
  }

  async #correct(pod: PodFacts, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    this.#underWay.add(pod.uid);
    try {
      await this.#parts.annotate(pod, annotations);
    } catch (error) {
      this.#parts.logger.warn(
        { pod: `${pod.namespace}/${pod.name}` },
        `deletion cost could not be corrected, trying again: ${messageOf(error)}`,
      );
      this.#retryLater(pod);
    } finally {
      this.#underWay.delete(pod.uid);
      this.#run();
    }
  }

  #retryLater(pod: PodFacts): void {
    if (!this.#isLeading) return;
    this.#failed.set(pod.uid, pod);
    this.#cancelRetry ??= this.#parts.schedule(() => {
      this.#cancelRetry = undefined;
      const failed = [...this.#failed.values()];
      this.#failed.clear();
      for (const each of failed) this.check(each);
    }, RETRY_MS);
  }
}
