/**
 * Making and deleting the pods of a benchmark, fast.
 *
 * @module
 */
import { ApiClient, ApiError } from '../../test/control-plane/api-client.ts';
import { NAMESPACE } from '../workload/pods.ts';
import { inParallel } from './in-parallel.ts';

/** Requests under way at once; a few more than one API server on a small machine can use. */
export const CONNECTIONS = 48;

/** How long the pace of deletions is watched before it is judged. */
const JUDGED_AFTER_MS = 1_000;

const PATH = `/api/v1/namespaces/${NAMESPACE}/pods`;

export class PodsApi {
  readonly #client: ApiClient;

  constructor(kubeconfigPath: string) {
    this.#client = new ApiClient(kubeconfigPath, { connections: CONNECTIONS });
  }

  async create(manifest: object): Promise<void> {
    await this.#client.request('POST', PATH, manifest);
  }

  /** As fast as the API server takes them, in order. */
  async createAll<Item>(items: readonly Item[], manifest: (item: Item) => object): Promise<void> {
    await inParallel(items, CONNECTIONS, async (item) => this.create(manifest(item)));
  }

  /** At once, without a kubelet. One that is gone already is fine. */
  async delete(name: string): Promise<void> {
    try {
      await this.#client.request('DELETE', `${PATH}/${name}?gracePeriodSeconds=0`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
  }

  /**
   * Deletes the pods if that takes no longer than `limitMs`, judged by the pace of the first second. Resolves with
   * whether it did; if not, some of them are left.
   */
  async deleteWithin(names: readonly string[], limitMs: number): Promise<boolean> {
    const startMs = performance.now();
    let done = 0;
    let isTooSlow = false;
    await inParallel(names, CONNECTIONS, async (name) => {
      if (isTooSlow) return;
      await this.delete(name);
      done += 1;
      const elapsedMs = performance.now() - startMs;
      isTooSlow ||= elapsedMs > JUDGED_AFTER_MS && (elapsedMs / done) * names.length > limitMs;
    });
    return !isTooSlow;
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.#client.close();
  }
}
