/**
 * Keeps the status of each policy: what is used of it and what is to be said about it. Level-triggered: an event only
 * marks a policy to be looked at; what is written follows from the figures as they are then, and nothing is written
 * when the status says so already. At most one write a second for each policy, one at a time for all, and by the leader
 * alone.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../facts/json.ts';
import type { PolicyFigures } from '../ledger/census.ts';
import type { Finding } from '../placement/finding.ts';
import type { Condition } from '../policy/condition.ts';
import { changedConditions } from '../policy/condition.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { StandingPolicy } from '../policy/standing-policy.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Agenda } from './agenda.ts';
import type { Warning } from './status-conditions.ts';
import { judged } from './status-conditions.ts';
import type { StatusFigures } from './status-figures.ts';
import { MOST_GROUPS, statusFigures } from './status-figures.ts';

export interface StatusContent extends StatusFigures {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
}

export interface PolicyStatusParts {
  /** Figures of now, with at most so many groups; undefined: there is no such policy. */
  readonly figures: (policyKey: string, mostGroups: number) => PolicyFigures | undefined;
  /** What lint says of the policy, among the nodes of now. */
  readonly findings: (figures: PolicyFigures) => readonly Finding[];
  /** What is wrong with the number of nodes that kube-scheduler offers; undefined: nothing. */
  readonly samplingProblem: () => string | undefined;
  /** Writes the status subresource; a policy that is gone is not an error. Rejects when it could not be written. */
  readonly write: (policy: ResourcePolicy, status: StatusContent) => Promise<unknown>;
  /** Takes everything that is wrong with the policy now; what was wrong before and is not named any more has ended. */
  readonly warn: (policy: ResourcePolicy, warnings: readonly Warning[]) => void;
  /** Whether this process is the one that writes. */
  readonly leads: () => boolean;
  readonly clock: { nowMs(): number };
  /** Calls `run` once after the delay; the returned function calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** RFC 3339 time of now. */
  readonly timestamp: () => string;
  readonly logger: Logger;
}

const INTERVAL_MS = 1_000;
const RETRY_MS = 5_000;

interface Entry {
  /** What the API server holds, as far as is known. */
  status: JsonObject;
  conditions: readonly Condition[];
  /** It is not looked at sooner. */
  notBeforeMs: number;
}

export class PolicyStatus {
  readonly #parts: PolicyStatusParts;
  readonly #agenda: Agenda;
  readonly #entries = new Map<string, Entry>();
  #isFailing = false;

  constructor(parts: PolicyStatusParts) {
    this.#parts = parts;
    this.#agenda = new Agenda({ ...parts, perform: (key) => this.#look(key) });
  }

  /** The watch shows the policy, for the first time or changed: its spec or, by whomever, its status. */
  seen(policy: StandingPolicy): void {
    const { status, conditions } = policy;
    const key = policyKey(policy);
    const notBeforeMs = this.#entries.get(key)?.notBeforeMs ?? -Infinity;
    this.#entries.set(key, { status, conditions, notBeforeMs });
    this.counted(key);
  }

  gone(policy: ResourcePolicy): void {
    this.#entries.delete(policyKey(policy));
    this.#agenda.remove(policyKey(policy));
  }

  /** A figure of the policy may have changed. */
  counted(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || !this.#parts.leads()) return;
    this.#agenda.add(key, Math.max(this.#parts.clock.nowMs(), entry.notBeforeMs));
  }

  /** Conditions as they stand, as far as is known; empty for a policy that is not known, or has none yet. */
  conditions(key: string): readonly Condition[] {
    return this.#entries.get(key)?.conditions ?? [];
  }

  /** This process has become the one that writes: what others wrote, or did not, is looked at. */
  lookEverywhere(): void {
    for (const key of this.#entries.keys()) this.counted(key);
  }

  /** Waits for the write under way, starts no other. */
  async stop(): Promise<void> {
    await this.#agenda.stop();
  }

  async #look(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined || !this.#parts.leads()) return;
    entry.notBeforeMs = this.#parts.clock.nowMs() + INTERVAL_MS;
    try {
      await this.#update(key, entry);
      this.#isFailing = false;
    } catch (error) {
      this.#failed(key, error);
    }
  }

  async #update(key: string, entry: Entry): Promise<void> {
    const figures = this.#parts.figures(key, MOST_GROUPS);
    if (figures === undefined) return;
    const { policy } = figures;
    const { conditions, warnings } = judged(
      figures,
      this.#parts.findings(figures),
      this.#parts.samplingProblem(),
    );
    this.#parts.warn(policy, warnings);
    const now = this.#parts.timestamp();
    const status: StatusContent = {
      observedGeneration: policy.generation,
      ...statusFigures(figures),
      conditions: changedConditions(entry.conditions, conditions, policy.generation, now) ?? entry.conditions,
    };
    const standing = entry.status;
    if (isDeepStrictEqual(standing, { ...standing, ...status })) return;
    await this.#parts.write(policy, status);
    // Until the watch shows it. What the watch showed meanwhile is newer, or is soon followed by what we wrote.
    const current = this.#entries.get(key);
    if (current?.status !== standing) return;
    current.status = { ...status };
    current.conditions = status.conditions;
  }

  #failed(key: string, error: unknown): void {
    const level = this.#isFailing ? 'debug' : 'warn';
    this.#isFailing = true;
    this.#parts.logger[level](
      { err: error, policy: key },
      'status of the policy could not be written; trying again',
    );
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.notBeforeMs = this.#parts.clock.nowMs() + RETRY_MS;
    this.#agenda.remove(key);
    this.#agenda.add(key, entry.notBeforeMs);
  }
}
