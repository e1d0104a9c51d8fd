/**
 * What all scenarios share: one control plane, the extender with the rights of its shipped account, and kube-scheduler
 * with the shipped in-place configuration. It also knows when both have seen what the API server holds, so that no
 * scenario has to hope.
 *
 * @module
 */
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { startControlPlane } from '../../control-plane/control-plane.ts';
import type { NodeSpec } from '../../control-plane/nodes.ts';
import { createNodes } from '../../control-plane/nodes.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import { ExtenderProcess } from '../../support/extender-process.ts';
import { shippedSchedulerConfig } from '../../support/scheduler-configs.ts';
import { shippedAccount } from '../../support/service-account.ts';

/** Pods and nodes by which it is seen how far others have come; outside every policy. */
const MARKERS = 'scenario-markers';
const MARKER = 'scenario-marker';

export class Stage {
  readonly plane: ControlPlane;
  readonly extender: ExtenderProcess;

  private constructor(plane: ControlPlane, extender: ExtenderProcess) {
    this.plane = plane;
    this.extender = extender;
  }

  static async start(): Promise<Stage> {
    const plane = await startControlPlane();
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    const extender = new ExtenderProcess({
      kubeconfigPath: await shippedAccount(plane),
      flags: ['--log-level', 'debug'],
    });
    const stage = new Stage(plane, extender);
    await stage.extenderRuns();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: MARKERS } });
    await stage.admits(MARKERS, {});
    return stage;
  }

  async end(): Promise<void> {
    await this.extender.stop();
    await this.plane.delete();
  }

  /** Starts the extender unless it runs; resolves when it makes decisions. */
  async extenderRuns(): Promise<void> {
    if (this.extender.pid === undefined) await this.extender.start();
    await this.extender.ready();
  }

  /** Resolves when the API server takes such a pod: service account and classes reach its admission late. */
  async admits(namespace: string, spec: object): Promise<void> {
    await waitUntil(`pods are admitted to ${namespace}`, async () => {
      await this.plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
        metadata: { name: MARKER },
        spec: { containers: [{ name: 'main', image: 'none' }], ...spec },
      });
      return true;
    });
  }

  /** Makes the nodes; resolves when kube-scheduler places pods on each of them and the extender knows them. */
  async addNodes(specs: readonly NodeSpec[]): Promise<void> {
    await createNodes(this.plane, specs);
    await Promise.all([...specs.map(({ name }) => this.#probe(name)), this.nodesSeen()]);
  }

  /** Resolves when the extender has seen all that happened to pods until now. */
  async podsSeen(): Promise<void> {
    const path = `/api/v1/namespaces/${MARKERS}/pods`;
    await this.#allSeen('/api/v1/pods', 'tracked_pods', {
      create: async () => this.#create(path, MARKER, { schedulerName: 'none' }),
      remove: async () => this.plane.api.request('DELETE', `${path}/${MARKER}`),
    });
  }

  /** Resolves when the extender has seen all that happened to nodes until now. */
  async nodesSeen(): Promise<void> {
    await this.#allSeen('/api/v1/nodes', 'tracked_nodes', {
      create: async () =>
        this.plane.api.request('POST', '/api/v1/nodes', {
          metadata: { name: MARKER },
          spec: { unschedulable: true },
        }),
      remove: async () => this.plane.api.request('DELETE', `/api/v1/nodes/${MARKER}`),
    });
  }

  /** Resolves when the extender knows as many policies as there are. */
  async policiesSeen(): Promise<void> {
    await this.#gaugeCounts('policies', '/apis/scheduling.alibabacloud.com/v1alpha1/resourcepolicies', 0);
  }

  /** Times of the API server's objects are whole seconds: what comes after this is later than what was before. */
  async nextSecond(): Promise<void> {
    const nextMs = (Math.floor(Date.now() / 1_000) + 1) * 1_000;
    await waitUntil('the next second begins', () => Date.now() >= nextMs, { intervalMs: 10 });
  }

  /** How often kube-scheduler has found no node for a pod. */
  async failedAttempts(): Promise<number> {
    const metrics = await this.plane.scheduler.get('/metrics');
    const samples = metrics.matchAll(
      /^scheduler_schedule_attempts_total\{.*result="unschedulable".*\} (\d+)$/gm,
    );
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Places and deletes a pod on the node, whereupon kube-scheduler tries all pods again that lack room. */
  async stir(nodeName: string): Promise<void> {
    await this.#probe(nodeName);
  }

  /** A value of the extender's /metrics, without its prefix. */
  async gauge(name: string): Promise<number> {
    const found = new RegExp(`^resource_policy_${name} (\\d+)$`, 'm').exec(await this.extender.metrics());
    return Number(found?.[1]);
  }

  /**
   * A watch delivers in order: when the count that includes a marker is there, everything before it is, too. The
   * count without the marker is awaited first, so that one thing less and the marker are not taken for it.
   */
  async #allSeen(
    list: string,
    gauge: string,
    marker: { create: () => Promise<unknown>; remove: () => Promise<unknown> },
  ): Promise<void> {
    await this.#gaugeCounts(gauge, list, 0);
    await marker.create();
    try {
      await this.#gaugeCounts(gauge, list, 1);
    } finally {
      await marker.remove();
    }
  }

  /** @param least how many there surely are. */
  async #gaugeCounts(gauge: string, list: string, least: number): Promise<void> {
    await waitUntil(
      `the extender's ${gauge} is the number of ${list}`,
      async () => {
        const { items } = await this.plane.api.request<{ items: unknown[] }>('GET', list);
        return items.length >= least && items.length === (await this.gauge(gauge));
      },
      { intervalMs: 10 },
    );
  }

  /** Resolves when kube-scheduler has placed a pod on the node. */
  async #probe(nodeName: string): Promise<void> {
    const path = `/api/v1/namespaces/${MARKERS}/pods`;
    const name = `probe-${nodeName}`;
    await this.#create(path, name, {
      nodeSelector: { 'kubernetes.io/hostname': nodeName },
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
    });
    await waitUntil(
      `kube-scheduler places pods on ${nodeName}`,
      async () => {
        const pod = await this.plane.api.request<{ spec: { nodeName?: string } }>('GET', `${path}/${name}`);
        return pod.spec.nodeName === nodeName;
      },
      { intervalMs: 20 },
    );
    await this.plane.api.request('DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 });
  }

  async #create(path: string, name: string, spec: object): Promise<void> {
    await this.plane.api.request('POST', path, {
      metadata: { name },
      spec: { containers: [{ name: 'main', image: 'none' }], ...spec },
    });
  }
}
