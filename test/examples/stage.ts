/**
 * One cluster on which the examples are played, as docs/install.md leaves it: the extender beside kube-scheduler, and
 * the admission policies.
 *
 * @module
 */
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import type { Submission } from '../support/spark.ts';
import { example, readNodes } from './files.ts';

const PODS = '/api/v1/namespaces/default/pods';
const VIRTUAL_NODE_TAINT = 'virtual-kubelet.io/provider';

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string; readonly tolerations?: readonly { readonly key?: string }[] };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly message?: string }[];
  };
}

/** Where a pod is; `waits` once kube-scheduler has said why, undefined before. */
export type Place = 'ecs' | 'eci' | 'waits' | undefined;

export class Stage {
  readonly plane: ControlPlane;
  readonly #extender: ExtenderProcess;
  /** Files, to be taken away again. */
  readonly #applied: string[] = [];

  private constructor(plane: ControlPlane, extender: ExtenderProcess) {
    this.plane = plane;
    this.#extender = extender;
  }

  /** The machines of examples/spark-pi/nodes.yaml. */
  static async open(): Promise<Stage> {
    const plane = await startControlPlane();
    await createNodes(plane, readNodes('spark-pi/nodes.yaml'));
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    await plane.kubectl(['apply', '-f', 'deploy/admission']);
    await plane.kubectl(['create', 'serviceaccount', 'spark-operator-spark']);
    await plane.kubectl(['create', 'serviceaccount', 'spark']);
    const extender = new ExtenderProcess({ kubeconfigPath: plane.kubeconfigPath });
    await extender.start();
    await extender.ready();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
    return new Stage(plane, extender);
  }

  async close(): Promise<void> {
    await this.#extender.stop();
    await this.plane.delete();
  }

  /** Applies a file, and resolves with the names of what is in it. */
  async apply(file: string): Promise<readonly string[]> {
    this.#applied.unshift(file);
    const applied = await this.plane.kubectl(['apply', '-f', example(file), '-o', 'name']);
    return applied.trim().split('\n');
  }

  /**
   * Applies the policies of a file, and waits until both the extender and the API server act on them.
   *
   * @param spilling a pod that one of them lets onto virtual nodes.
   */
  async applyPolicies(file: string, spilling: object): Promise<void> {
    const from = this.#extender.log.length;
    const { length } = await this.apply(file);
    await waitUntil(`the policies of ${file} are in force`, () => {
      const lines = this.#extender.log.slice(from).filter(({ msg }) => msg === 'policy in force');
      return lines.length === length;
    });
    await waitUntil('pods get the toleration for virtual nodes', async () => {
      const pod = await this.plane.api.request<Pod>('POST', `${PODS}?dryRun=All`, spilling);
      return pod.spec.tolerations?.some(({ key }) => key === VIRTUAL_NODE_TAINT);
    });
  }

  /**
   * What Spark does: the driver first, and its executors in order once it runs.
   *
   * @param atOnce executors whose order does not matter.
   */
  async submit(submission: Submission, atOnce = 1): Promise<void> {
    const { metadata } = await this.create(submission.driver());
    await waitUntil(
      'the driver runs',
      async () => (await this.pod(metadata.name)).status.phase === 'Running',
    );
    const ids = Array.from({ length: submission.executorCount }, (_, index) => index + 1);
    while (ids.length > 0) {
      const batch = ids.splice(0, atOnce);
      await Promise.all(batch.map((id) => this.create(submission.executor(id, metadata.uid))));
    }
  }

  async create(manifest: object): Promise<Pod> {
    return this.plane.api.request<Pod>('POST', PODS, manifest);
  }

  async pod(name: string): Promise<Pod> {
    return this.plane.api.request<Pod>('GET', `${PODS}/${name}`);
  }

  /** All pods there are; the driver first, then executors by number. */
  async pods(): Promise<readonly Pod[]> {
    const { items } = await this.plane.api.request<{ items: Pod[] }>('GET', PODS);
    return items.toSorted((a, b) => numberOf(a) - numberOf(b));
  }

  /** Where they are, in the same order. */
  async places(): Promise<readonly Place[]> {
    return (await this.pods()).map((pod) => placeOf(pod));
  }

  /** Deletes what was applied, and all pods. */
  async clear(): Promise<void> {
    for (const file of this.#applied.splice(0)) await this.plane.kubectl(['delete', '-f', example(file)]);
    await this.plane.api.request('DELETE', `${PODS}?gracePeriodSeconds=0`);
    await waitUntil('the pods are gone', async () => (await this.pods()).length === 0);
  }
}

export function placeOf({ spec, status }: Pod): Place {
  if (spec.nodeName !== undefined) return spec.nodeName.startsWith('virtual-kubelet') ? 'eci' : 'ecs';
  return status.conditions?.some(({ type }) => type === 'PodScheduled') ? 'waits' : undefined;
}

/** 0 for the driver. */
function numberOf({ metadata }: Pod): number {
  return Number(metadata.labels['spark-exec-id'] ?? 0);
}
