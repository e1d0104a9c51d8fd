/**
 * Tells in the log of every policy that comes into force, and of what is wrong with it: once for each version.
 *
 * @module
 */
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { Logger } from '../telemetry/logger.ts';

export class PolicyLog {
  readonly #logger: Logger;
  /** Generation told of, by uid. */
  readonly #told = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  seen(policy: ResourcePolicy): void {
    if (this.#told.get(policy.uid) === policy.generation) return;
    this.#told.set(policy.uid, policy.generation);
    const name = policyKey(policy);
    this.#logger.info(
      {
        policy: name,
        generation: policy.generation,
        units: policy.units.map((unit) => ({ name: unit.name, max: unit.max })),
      },
      'policy in force',
    );
    if (policy.problems.length > 0) {
      this.#logger.error({ policy: name, problems: policy.problems }, 'policy is invalid; its pods wait');
    }
    if (policy.unenforced.length > 0) {
      this.#logger.warn(
        { policy: name, fields: policy.unenforced },
        'policy sets fields that are not yet enforced',
      );
    }
  }

  gone(policy: ResourcePolicy): void {
    this.#told.delete(policy.uid);
  }
}
