/**
 * The token of an extender's service account, in the file that its kubeconfig names.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import type { ApiClient } from '../../control-plane/api-client.ts';
import { ApiError } from '../../control-plane/api-client.ts';

const NAMESPACE = '/api/v1/namespaces/kube-system';
const ACCOUNT = `${NAMESPACE}/serviceaccounts/resource-policy/token`;
const LIFETIME_SECONDS = 6 * 3_600;

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/** A token is good for as long as the Secret is there that it is bound to: that makes it revocable at any time. */
export class Token {
  readonly file: string;
  readonly #api: ApiClient;
  #secret: string | undefined;

  constructor(api: ApiClient, file: string) {
    this.#api = api;
    this.file = file;
  }

  /** Writes a fresh token into the file; the one before goes on being good. */
  async rotate(): Promise<void> {
    const { metadata } = await this.#api.request<Named>('POST', `${NAMESPACE}/secrets`, {
      metadata: { name: `chaos-${randomBytes(6).toString('hex')}`, namespace: 'kube-system' },
    });
    const { status } = await this.#api.request<{ status: { token: string } }>('POST', ACCOUNT, {
      spec: {
        expirationSeconds: LIFETIME_SECONDS,
        boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: metadata.name, uid: metadata.uid },
      },
    });
    writeFileSync(`${this.file}.new`, status.token, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
    this.#secret = metadata.name;
  }

  /** Makes the token in the file void; the API server may remember for 10 s that it was good. */
  async revoke(): Promise<void> {
    if (this.#secret === undefined) return;
    try {
      await this.#api.request('DELETE', `${NAMESPACE}/secrets/${this.#secret}`);
    } catch (error) {
      // Gone is gone: the answer to an earlier try may have been lost.
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
    this.#secret = undefined;
  }
}
