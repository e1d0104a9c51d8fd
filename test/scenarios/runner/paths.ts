/**
 * Where the objects of one scenario live.
 *
 * @module
 */

export class Paths {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** Name of a cluster-scoped class as the API server knows it: each scenario has its own. */
  classOf(name: string): string {
    return `${this.namespace}-${name}`;
  }

  get pods(): string {
    return `/api/v1/namespaces/${this.namespace}/pods`;
  }

  pod(name: string): string {
    return `${this.pods}/${name}`;
  }

  /** @param kind lower-case plural. */
  apps(kind: 'deployments' | 'replicasets'): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/${kind}`;
  }

  deployment(name: string): string {
    return `${this.apps('deployments')}/${name}`;
  }

  get policies(): string {
    return `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${this.namespace}/resourcepolicies`;
  }

  policy(name: string): string {
    return `${this.policies}/${name}`;
  }
}

/** The API server refuses fields it does not know instead of dropping them. */
export function strictly(path: string): string {
  return `${path}?fieldValidation=Strict`;
}
