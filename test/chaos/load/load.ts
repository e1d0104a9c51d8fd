/**
 * Work for the cluster: jobs come in bursts, lose some of their pods, and go; Deployments are scaled up and down.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checker } from '../checker.ts';
import type { PodManifest } from '../manifests.ts';
import { deploymentOf, podOf } from '../manifests.ts';
import { placeablePods } from '../placeable.ts';
import type { Random } from '../random.ts';
import type { Tenant } from '../tenants.ts';
import { JOB_LABEL } from '../tenants.ts';
import type { PersistentCalls } from './api-calls.ts';
import { eachOf } from './each-of.ts';

/** How much work there is. */
export interface LoadSize {
  /** Least and most pods of a burst. */
  readonly burst: readonly [number, number];
  /** Pods that exist at most before the oldest jobs go. */
  readonly live: number;
  /** A burst comes when fewer pods than this are left to be placed. */
  readonly backlog: number;
  readonly deployments: number;
}

export interface LoadParts {
  readonly calls: PersistentCalls;
  readonly checker: Checker;
  readonly tenants: readonly Tenant[];
  readonly size: LoadSize;
  readonly random: Random;
}

interface Job {
  readonly tenant: Tenant;
  readonly name: string;
  /** Indices of the pods that exist, as far as we made and removed them. */
  readonly pods: Set<number>;
}

/** A little more than the places of a policy: with fewer no unit is known to be full. */
const DEPLOYMENT_REPLICAS = [3, 20] as const;

export class Load {
  readonly #parts: LoadParts;
  readonly #jobs: Job[] = [];
  readonly #deployments: { readonly tenant: Tenant; readonly name: string }[] = [];
  #running: Promise<unknown> | undefined;
  #isStopped = false;
  #jobNumber = 0;
  created = 0;
  deleted = 0;
  bursts = 0;
  /** Sizes of the bursts so far. */
  largestBurst = 0;

  constructor(parts: LoadParts) {
    this.#parts = parts;
  }

  /** Goes on until {@link stop}. */
  start(): void {
    this.#running = Promise.all([this.#bursts(), this.#thinOut(), this.#scale()]);
  }

  /** Finishes what is under way. @throws {Error} when the API server refused something for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Gives every job all of its pods again, which are more than its policy has places for. */
  async fill(): Promise<void> {
    const missing = this.#jobs.flatMap((job) => {
      const absent = Array.from({ length: job.tenant.jobSize }, (_, index) => index).filter(
        (index) => !job.pods.has(index),
      );
      // Under a name of its own: the old pod may not be gone yet.
      return absent.map((index) => ({ job, index, pod: podOf(job.tenant, job.name, index) }));
    });
    await eachOf(missing, async ({ job, index, pod }) => {
      job.pods.add(index);
      const name = `${pod.metadata.name}-again`;
      await this.#create({ ...pod, metadata: { ...pod.metadata, name } });
    });
    await Promise.all(
      this.#deployments.map(({ tenant, name }) => this.#replicas(tenant, name, tenant.jobSize)),
    );
  }

  async #bursts(): Promise<void> {
    const { size, checker, random } = this.#parts;
    while (!this.#isStopped) {
      if (placeablePods(checker).length < size.backlog) {
        await this.#makeRoom();
        await this.#burst(random.integer(...size.burst));
      }
      await sleep(200);
    }
  }

  /** Jobs of different tenants at once, their pods mixed. */
  async #burst(least: number): Promise<void> {
    const { tenants, random } = this.#parts;
    const lots = tenants.flatMap((tenant) => Array<Tenant>(tenant.weight).fill(tenant));
    const jobs: Job[] = [];
    let size = 0;
    while (size < least) {
      const tenant = random.pick(lots);
      jobs.push({ tenant, name: `job-${(this.#jobNumber += 1)}`, pods: new Set() });
      size += tenant.jobSize;
    }
    this.bursts += 1;
    this.largestBurst = Math.max(this.largestBurst, size);
    this.#jobs.push(...jobs);
    const most = Math.max(...tenants.map(({ jobSize }) => jobSize));
    const pods = Array.from({ length: most }, (_, index) =>
      jobs.filter(({ tenant }) => index < tenant.jobSize).map((job) => ({ job, index })),
    ).flat();
    await eachOf(pods, async ({ job, index }) => {
      if (!this.#jobs.includes(job)) return;
      job.pods.add(index);
      await this.#create(podOf(job.tenant, job.name, index));
    });
  }

  async #makeRoom(): Promise<void> {
    const { size, checker } = this.#parts;
    let pods = checker.total;
    while (pods > size.live && !this.#isStopped) {
      const oldest = this.#jobs.shift();
      if (oldest === undefined) return;
      pods -= oldest.pods.size;
      await this.#remove(oldest);
    }
  }

  async #remove({ tenant, name, pods }: Job): Promise<void> {
    const path = `/api/v1/namespaces/${tenant.limits.namespace}/pods`;
    const selector = encodeURIComponent(`${JOB_LABEL}=${name}`);
    await this.#parts.calls.call('DELETE', `${path}?labelSelector=${selector}`);
    this.deleted += pods.size;
  }

  /** Takes some pods of some jobs away, so that others of the job take their places. */
  async #thinOut(): Promise<void> {
    const { random, calls } = this.#parts;
    while (!this.#isStopped) {
      await sleep(random.integer(100, 1_000));
      if (this.#jobs.length === 0) continue;
      const job = random.pick(this.#jobs);
      const gone = random.shuffled([...job.pods]).slice(0, random.integer(1, 8));
      await eachOf(gone, async (index) => {
        job.pods.delete(index);
        const { metadata } = podOf(job.tenant, job.name, index);
        await calls.call('DELETE', `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`);
        this.deleted += 1;
      });
    }
  }

  async #scale(): Promise<void> {
    const { tenants, size, random, calls } = this.#parts;
    for (const tenant of tenants.filter(({ source }) => source === 'deployments')) {
      for (let index = 0; index < size.deployments; index += 1) {
        const name = `${tenant.limits.namespace}-${index}`;
        const path = `/apis/apps/v1/namespaces/${tenant.limits.namespace}/deployments`;
        await calls.call('POST', path, deploymentOf(tenant, name, tenant.jobSize));
        this.#deployments.push({ tenant, name });
      }
    }
    while (!this.#isStopped && this.#deployments.length > 0) {
      await sleep(random.integer(1_000, 5_000));
      const { tenant, name } = random.pick(this.#deployments);
      await this.#replicas(tenant, name, random.integer(...DEPLOYMENT_REPLICAS));
    }
  }

  async #replicas({ limits }: Tenant, name: string, replicas: number): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${limits.namespace}/deployments/${name}`;
    await this.#parts.calls.call('PATCH', path, { spec: { replicas } });
  }

  async #create(pod: PodManifest): Promise<void> {
    if (await this.#parts.calls.call('POST', `/api/v1/namespaces/${pod.metadata.namespace}/pods`, pod))
      this.created += 1;
  }
}
