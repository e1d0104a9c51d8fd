/**
 * The steps about policies. Each resolves when the extender acts by what was written, so that the next step meets the
 * new state; while it does not run they resolve at once.
 *
 * @module
 */
import { ApiError } from '../../control-plane/api-client.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import type { PolicyForm } from './format.ts';
import type { Paths } from './paths.ts';
import { strictly } from './paths.ts';
import type { Stage } from './stage.ts';

interface Policy {
  readonly metadata: { readonly resourceVersion: string; readonly generation: number };
}

export class Policies {
  readonly #stage: Stage;
  readonly #paths: Paths;

  constructor(stage: Stage, paths: Paths) {
    this.#stage = stage;
    this.#paths = paths;
  }

  /** Creates the policy, or replaces it. */
  async apply(policy: PolicyForm): Promise<void> {
    const { name } = policy.metadata;
    const standing = await this.#read(name);
    if (standing === undefined) return this.#write('POST', name, policy);
    const { resourceVersion } = standing.metadata;
    return this.#write('PUT', name, { ...policy, metadata: { ...policy.metadata, resourceVersion } });
  }

  async patch(name: string, spec: object): Promise<void> {
    await this.#write('PATCH', name, { spec });
  }

  async delete(name: string): Promise<void> {
    await this.#stage.plane.api.request('DELETE', this.#paths.policy(name));
    if (this.#stage.extender.pid !== undefined) await this.#stage.policiesSeen();
  }

  /** @throws {Error} unless the API server refuses the policy with this text. */
  async refused(policy: PolicyForm, because: string): Promise<void> {
    const { api } = this.#stage.plane;
    const refusal: unknown = await api.request('POST', strictly(this.#paths.policies), policy).then(
      () => new Error('the API server accepted it'),
      (error: unknown) => error,
    );
    if (refusal instanceof ApiError && refusal.message.includes(because)) return;
    throw refusal;
  }

  async #write(method: 'POST' | 'PUT' | 'PATCH', name: string, body: object): Promise<void> {
    const { extender, plane } = this.#stage;
    const from = extender.log.length;
    const before = (await this.#read(name))?.metadata.generation;
    const path = method === 'POST' ? this.#paths.policies : this.#paths.policy(name);
    const { metadata } = await plane.api.request<Policy>(method, strictly(path), body);
    if (extender.pid === undefined || metadata.generation === before) return;
    const key = `${this.#paths.namespace}/${name}`;
    await waitUntil(
      `generation ${metadata.generation} of policy ${name} is in force`,
      () =>
        extender.log
          .slice(from)
          .some(
            ({ msg, policy, generation }) =>
              msg === 'policy in force' && policy === key && generation === metadata.generation,
          ),
      { intervalMs: 10 },
    );
  }

  async #read(name: string): Promise<Policy | undefined> {
    try {
      return await this.#stage.plane.api.request<Policy>('GET', this.#paths.policy(name));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}
