/**
 * The cluster that runs happen on: control plane, nodes, the pods they have from the start, and the policy.
 *
 * @module
 */
import { join } from 'node:path';
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import { startControlPlane } from '../../test/control-plane/control-plane.ts';
import type { PodStart } from '../../test/control-plane/kwok-stages.ts';
import { createNodes } from '../../test/control-plane/nodes.ts';
import { PodsApi } from '../cluster/pods-api.ts';
import type { StartDelay } from '../workload/format.ts';
import type { PlannedNode } from '../workload/nodes.ts';
import { NAMESPACE, podManifest, standingPods } from '../workload/pods.ts';
import { policyManifest } from '../workload/policy.ts';
import { isVirtual } from '../workload/units.ts';
import type { StartDelays, Workload } from '../workload/workload.ts';

const CRDS = join(import.meta.dirname, '../../crds');
const POLICIES = `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${NAMESPACE}/resourcepolicies`;
const AT_ONCE: StartDelay = { percent: 100, fromMs: 0, toMs: 0 };

export class BenchCluster {
  readonly plane: ControlPlane;
  readonly pods: PodsApi;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
    this.pods = new PodsApi(plane.kubeconfigPath);
  }

  /** @param progress is told what is being done. */
  static async start(
    workload: Workload,
    nodes: readonly PlannedNode[],
    progress: (doing: string) => void,
  ): Promise<BenchCluster> {
    progress('starting a control plane');
    const plane = await startControlPlane();
    const cluster = new BenchCluster(plane);
    try {
      await cluster.#fill(workload, nodes, progress);
      return cluster;
    } catch (error) {
      await cluster.delete();
      throw error;
    }
  }

  async #fill(
    workload: Workload,
    nodes: readonly PlannedNode[],
    progress: (doing: string) => void,
  ): Promise<void> {
    const { plane } = this;
    // Nothing of it is measured, and it would take its share of the machine.
    await plane.controllerManager.kill();
    await plane.kwok.kill();
    await plane.kubectl(['apply', '-f', CRDS]);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    await plane.api.request('POST', POLICIES, policyManifest(workload));
    progress(`making ${nodes.length} nodes`);
    await createNodes(
      plane,
      nodes.map(({ spec }) => spec),
    );
    const standing = standingPods(nodes);
    if (standing.length > 0) progress(`making the ${standing.length} pods that nodes have from the start`);
    await this.pods.createAll(standing, (pod) => podManifest(pod));
    if (workload.start !== undefined) {
      await plane.kwok.start({ podStarts: podStarts(workload.start, nodes) });
    }
  }

  async delete(): Promise<void> {
    await this.pods.close();
    await this.plane.delete();
  }
}

function podStarts({ ecs, virtual }: StartDelays, nodes: readonly PlannedNode[]): readonly PodStart[] {
  const names = nodes.filter(({ labels }) => isVirtual(labels)).map(({ spec }) => spec.name);
  return [...startsOn({ only: names }, virtual), ...startsOn({ except: names }, ecs)];
}

function startsOn(nodes: PodStart['nodes'], delays: readonly StartDelay[]): readonly PodStart[] {
  return (delays.length === 0 ? [AT_ONCE] : delays).map(({ percent, fromMs, toMs }) => ({
    nodes,
    weight: percent,
    fromMs,
    toMs,
  }));
}
