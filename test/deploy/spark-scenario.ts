/**
 * The Spark job of examples/spark-pi, under its policy, as a user of an installation submits it.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import type { SparkApplication } from '../support/spark.ts';
import { Submission } from '../support/spark.ts';
import { ROOT } from './tools/manifests.ts';

const EXAMPLE = join(ROOT, 'examples/spark-pi');
const PODS = '/api/v1/namespaces/default/pods';

/** Where the pods of a job are when it has what its policy gives it: one of the six waits. */
export const PLACED = ['amd64', 'amd64', 'eci', 'eci', 'eci', 'waits'];
/** Why that one does, in part. */
export const WHY_WAITING = 'is at max 2, unit 2 eci is at max 3';

/** Two ECS nodes that the policy names, one that it does not, and a virtual one. */
export async function createSparkNodes(plane: ControlPlane): Promise<void> {
  const arm64 = ecsNode('arm64-0', { labels: { 'kubernetes.io/arch': 'arm64' } });
  await createNodes(plane, [ecsNode('amd64-0'), ecsNode('amd64-1'), arm64, virtualNode('eci-0')]);
}

/** The policy of the example, and the account that its driver has. */
export async function applyExample(plane: ControlPlane): Promise<void> {
  await plane.kubectl(['apply', '-f', join(EXAMPLE, 'resourcepolicy.yaml')]);
  await plane.kubectl(['create', 'serviceaccount', 'spark-operator-spark']);
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly schedulerName: string;
    readonly schedulingGates?: readonly { readonly name: string }[];
  };
  readonly status: { readonly conditions?: readonly { readonly message?: string }[] };
}

/** A job that names neither a scheduler nor virtual nodes. */
export class SparkJob {
  readonly #plane: ControlPlane;
  readonly #submission: Submission;

  constructor(plane: ControlPlane, name: string) {
    const { metadata, spec }: SparkApplication = parse(readFileSync(join(EXAMPLE, 'spark-pi.yaml'), 'utf8'));
    this.#plane = plane;
    this.#submission = new Submission({
      metadata: { ...metadata, name },
      spec: {
        ...spec,
        driver: { ...spec.driver, tolerations: [] },
        executor: { ...spec.executor, tolerations: [] },
      },
    });
  }

  /** The schedulerName that its pods get when they are created. */
  async schedulerName(): Promise<string> {
    const driver = this.#submission.driver();
    // Its own is taken once it was submitted.
    const asked = { ...driver, metadata: { ...driver.metadata, name: 'asked' } };
    const pod = await this.#plane.api.request<Pod>('POST', `${PODS}?dryRun=All`, asked);
    return pod.spec.schedulerName;
  }

  /** The driver first, and its executors when it runs. */
  async submit(): Promise<void> {
    const { api } = this.#plane;
    const driver = await api.request<{ metadata: { uid: string; name: string } }>(
      'POST',
      PODS,
      this.#submission.driver(),
    );
    await waitUntil(
      'the driver runs',
      async () => {
        const { status } = await api.request<{ status: { phase: string } }>(
          'GET',
          `${PODS}/${driver.metadata.name}`,
        );
        return status.phase === 'Running';
      },
      { timeoutMs: 90_000 },
    );
    for (let id = 1; id <= this.#submission.executorCount; id += 1) {
      await api.request('POST', PODS, this.#submission.executor(id, driver.metadata.uid));
    }
  }

  /** Where its pods are, sorted, as in {@link PLACED}. */
  async nodes(): Promise<readonly string[]> {
    return (await this.pods()).map(({ spec }) => spec.nodeName?.replace(/-\d$/, '') ?? 'waits').toSorted();
  }

  /** One of its executors on ECI ends, and its pod is deleted. */
  async endOnEci(): Promise<void> {
    const pod = (await this.pods()).findLast(({ spec }) => spec.nodeName === 'eci-0')!;
    await this.#plane.kubectl(['delete', 'pod', pod.metadata.name]);
  }

  async pods(): Promise<readonly Pod[]> {
    const selector = encodeURIComponent(
      `sparkoperator.k8s.io/submission-id=${this.#submission.submissionId}`,
    );
    const path = `${PODS}?labelSelector=${selector}`;
    return (await this.#plane.api.request<{ items: readonly Pod[] }>('GET', path)).items;
  }

  /** What the pod that waits was told. */
  async whyWaiting(): Promise<string> {
    const waiting = (await this.pods()).find(({ spec }) => spec.nodeName === undefined);
    return waiting?.status.conditions?.[0]?.message ?? '';
  }
}
