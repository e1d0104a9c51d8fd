/**
 * Kubernetes Events on policies, for what is wrong with them: one for each policy, reason and message, repeated while it
 * stays wrong, at most every ten minutes. By the leader alone.
 *
 * @module
 */
import type { Logger } from '../telemetry/logger.ts';
import { Agenda } from './agenda.ts';
import type { Warning } from './status-conditions.ts';

/** Time between two reports of the same thing, of this process or, as told by the event itself, of the one before. */
export const QUIET_MS = 600_000;
const RETRY_MS = 30_000;

/** What an event is about. */
export interface PolicyRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PolicyEventsParts {
  /**
   * Makes the event or raises its count, unless it was reported less than `quietMs` ago. Rejects when the API server
   * does not take it.
   */
  readonly report: (policy: PolicyRef, warning: Warning, quietMs: number) => Promise<unknown>;
  /** Whether this process is the one that reports. */
  readonly leads: () => boolean;
  readonly clock: { nowMs(): number };
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly logger: Logger;
}

interface Entry {
  readonly policy: PolicyRef;
  readonly warning: Warning;
  /** It is not reported sooner. */
  notBeforeMs: number;
  /** Whether it is wrong now; if not, the entry only remembers when it may be reported again. */
  isStanding: boolean;
}

export class PolicyEvents {
  readonly #parts: PolicyEventsParts;
  readonly #agenda: Agenda;
  readonly #entries = new Map<string, Entry>();
  readonly #keysByPolicy = new Map<string, Set<string>>();
  #isFailing = false;

  constructor(parts: PolicyEventsParts) {
    this.#parts = parts;
    this.#agenda = new Agenda({ ...parts, perform: (key) => this.#look(key) });
  }

  /** All that is wrong with the policy now. */
  warn(policy: PolicyRef, warnings: readonly Warning[]): void {
    for (const key of this.#keysByPolicy.get(policy.uid) ?? []) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) entry.isStanding = false;
    }
    for (const warning of warnings) {
      const key = JSON.stringify([policy.uid, warning.reason, warning.message]);
      const entry = this.#entries.get(key) ?? this.#track(key, policy, warning);
      entry.isStanding = true;
      this.#agenda.add(key, entry.notBeforeMs);
    }
  }

  gone(policy: PolicyRef): void {
    for (const key of this.#keysByPolicy.get(policy.uid) ?? []) this.#forget(key);
  }

  /** Waits for the report under way, starts no other. */
  async stop(): Promise<void> {
    await this.#agenda.stop();
  }

  #track(key: string, policy: PolicyRef, warning: Warning): Entry {
    const entry = { policy, warning, notBeforeMs: this.#parts.clock.nowMs(), isStanding: true };
    this.#entries.set(key, entry);
    const keys = this.#keysByPolicy.get(policy.uid) ?? new Set();
    this.#keysByPolicy.set(policy.uid, keys.add(key));
    return entry;
  }

  #forget(key: string): void {
    const { policy } = this.#entries.get(key) ?? {};
    this.#entries.delete(key);
    this.#agenda.remove(key);
    if (policy === undefined) return;
    const keys = this.#keysByPolicy.get(policy.uid);
    if (keys?.delete(key) === true && keys.size === 0) this.#keysByPolicy.delete(policy.uid);
  }

  async #look(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    // Whoever leads next, perhaps this process again, is told anew of what is wrong.
    if (!entry.isStanding || !this.#parts.leads()) {
      this.#forget(key);
      return;
    }
    const nowMs = this.#parts.clock.nowMs();
    entry.notBeforeMs = nowMs + QUIET_MS;
    if (!(await this.#report(entry))) {
      entry.notBeforeMs = nowMs + RETRY_MS;
      this.#agenda.remove(key);
    }
    if (this.#entries.get(key) === entry) this.#agenda.add(key, entry.notBeforeMs);
  }

  async #report({ policy, warning }: Entry): Promise<boolean> {
    try {
      await this.#parts.report(policy, warning, QUIET_MS);
      this.#isFailing = false;
      return true;
    } catch (error) {
      const level = this.#isFailing ? 'debug' : 'warn';
      this.#isFailing = true;
      this.#parts.logger[level](
        { err: error, policy: `${policy.namespace}/${policy.name}`, reason: warning.reason },
        'event of the policy could not be written; trying again',
      );
      return false;
    }
  }
}
