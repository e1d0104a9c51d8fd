/**
 * Namespaces whose pods the API server is to send: those with a policy that can change a pod.
 *
 * @module
 */
import type { ResourcePolicy } from '../policy/resource-policy.ts';

/** What the cluster itself lives on is left alone, whatever policies stand there. */
const NEVER: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

export class PolicyNamespaces {
  readonly #matters: (policy: ResourcePolicy) => boolean;
  /** Names of policies by namespace. */
  readonly #policies = new Map<string, Set<string>>();

  /** @param matters whether a policy can change a pod. */
  constructor(matters: (policy: ResourcePolicy) => boolean) {
    this.#matters = matters;
  }

  /** The policy is there, in this version. */
  seen(policy: ResourcePolicy): void {
    if (NEVER.has(policy.namespace)) return;
    if (!this.#matters(policy)) {
      this.gone(policy);
      return;
    }
    const names = this.#policies.get(policy.namespace) ?? new Set();
    this.#policies.set(policy.namespace, names.add(policy.name));
  }

  gone({ namespace, name }: ResourcePolicy): void {
    const names = this.#policies.get(namespace);
    if (names?.delete(name) === true && names.size === 0) this.#policies.delete(namespace);
  }

  /** Sorted. */
  list(): readonly string[] {
    return [...this.#policies.keys()].toSorted();
  }
}
