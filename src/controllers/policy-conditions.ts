/**
 * Tells each policy's author, in the policy's own status, whether it can be used (Ready) and whether all of its
 * fields are acted upon (Enforced). Level-triggered: written only when the status does not say so already.
 *
 * @module
 */
import type { Condition, WantedCondition } from '../policy/condition.ts';
import { changedConditions } from '../policy/condition.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface PolicyStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
}

export interface PolicyConditionsParts {
  /** Writes the status subresource; a policy that is gone is not an error. Rejects when it could not be written. */
  readonly write: (policy: { namespace: string; name: string }, status: PolicyStatus) => Promise<unknown>;
  readonly logger: Logger;
}

const RETRY_MS = 5_000;

export class PolicyConditions {
  readonly #parts: PolicyConditionsParts;
  /** Policies to look at, newest version each. */
  readonly #queue = new Map<string, ResourcePolicy>();
  readonly #logged = new Map<string, number>();
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: PolicyConditionsParts) {
    this.#parts = parts;
  }

  seen(policy: ResourcePolicy): void {
    this.#logOnce(policy);
    this.#queue.set(policyKey(policy), policy);
    this.#run();
  }

  gone(policy: ResourcePolicy): void {
    this.#queue.delete(policyKey(policy));
    this.#logged.delete(policy.uid);
  }

  /** Waits for the write under way, starts no other. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    await this.#running;
  }

  #run(): void {
    if (this.#isStopped || this.#running !== undefined) return;
    this.#running = this.#drain().finally(() => {
      this.#running = undefined;
    });
  }

  async #drain(): Promise<void> {
    for (const [key, policy] of this.#queue) {
      if (this.#isStopped) return;
      // Out before it is written: a version seen meanwhile queues up behind the others and is not passed over.
      this.#queue.delete(key);
      const now = new Date().toISOString();
      const conditions = changedConditions(
        policy.conditions,
        wantedConditions(policy),
        policy.generation,
        now,
      );
      try {
        // One at a time: a burst of new policies must not crowd out bindings.
        if (conditions !== undefined)
          await this.#parts.write(policy, { observedGeneration: policy.generation, conditions });
      } catch (error) {
        if (!this.#queue.has(key)) this.#queue.set(key, policy);
        this.#parts.logger.warn(
          { err: error, policy: key },
          'status of the policy could not be written; trying again',
        );
        this.#retry = setTimeout(() => this.#run(), RETRY_MS);
        return;
      }
    }
  }

  #logOnce(policy: ResourcePolicy): void {
    if (this.#logged.get(policy.uid) === policy.generation) return;
    this.#logged.set(policy.uid, policy.generation);
    const policyName = policyKey(policy);
    this.#parts.logger.info(
      {
        policy: policyName,
        generation: policy.generation,
        units: policy.units.map(({ name, max }) => ({ name, max })),
      },
      'policy in force',
    );
    if (policy.problems.length > 0) {
      this.#parts.logger.error(
        { policy: policyName, problems: policy.problems },
        'policy is invalid; its pods wait',
      );
    }
    if (policy.unenforced.length > 0) {
      this.#parts.logger.warn(
        { policy: policyName, fields: policy.unenforced },
        'policy sets fields that are not yet enforced',
      );
    }
  }
}

function wantedConditions(policy: ResourcePolicy): readonly WantedCondition[] {
  return [
    policy.problems.length === 0
      ? { type: 'Ready', status: 'True', reason: 'Valid', message: 'pods are placed by this policy' }
      : { type: 'Ready', status: 'False', reason: 'Invalid', message: policy.problems.join('; ') },
    policy.unenforced.length === 0
      ? { type: 'Enforced', status: 'True', reason: 'AllFields', message: 'every field set is enforced' }
      : {
          type: 'Enforced',
          status: 'False',
          reason: 'FieldsNotEnforced',
          message: `not yet enforced: ${policy.unenforced.join(', ')}`,
        },
  ];
}
