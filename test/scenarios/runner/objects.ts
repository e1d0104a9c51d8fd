/**
 * Pods, Deployments, nodes and classes of one scenario: made, changed, deleted, and removed at its end.
 *
 * @module
 */
import { ApiError } from '../../control-plane/api-client.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import type { DeploymentForm, NodeForm, PodForm, Step } from './format.ts';
import type { PodManifest } from './manifests.ts';
import { deploymentManifest, nodeSpec, podManifests, withTimes } from './manifests.ts';
import type { Paths } from './paths.ts';
import { strictly } from './paths.ts';
import type { SeenPod } from './seen.ts';
import type { Stage } from './stage.ts';

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/** A pod that a step created and none deleted. */
interface OwnPod {
  readonly uid: string;
  readonly manifest: PodManifest;
  readonly lingers: boolean;
}

/** What a step does, by its key. */
type Form<Key extends Step['key']> = Extract<Step, { key: Key }>['value'];

export class Objects {
  readonly #stage: Stage;
  readonly #paths: Paths;
  readonly #pods = new Map<string, OwnPod>();
  readonly #nodes = new Set<string>();
  readonly #classPaths: string[] = [];
  /** Changes that the extender may not have seen: awaited before a decision depends on them, and not earlier. */
  readonly #unseen = { pods: false, nodes: false };

  constructor(stage: Stage, paths: Paths) {
    this.#stage = stage;
    this.#paths = paths;
  }

  // ── made ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async addNodes(forms: readonly NodeForm[]): Promise<void> {
    for (const { name } of forms) this.#nodes.add(name);
    await this.#stage.addNodes(forms.map(nodeSpec));
  }

  async createPriorityClass(name: string, value: number): Promise<void> {
    await this.#createClass('/apis/scheduling.k8s.io/v1/priorityclasses', name, { value });
    await this.#stage.admits(this.#paths.namespace, { priorityClassName: this.#paths.classOf(name) });
  }

  /** @param podFixed the overhead of each pod of the class, by resource. */
  async createRuntimeClass(name: string, podFixed: Readonly<Record<string, string>>): Promise<void> {
    const fields = { handler: 'none', overhead: { podFixed } };
    await this.#createClass('/apis/node.k8s.io/v1/runtimeclasses', name, fields);
    await this.#stage.admits(this.#paths.namespace, { runtimeClassName: this.#paths.classOf(name) });
  }

  async create(forms: readonly (PodForm | DeploymentForm)[]): Promise<void> {
    await this.settle();
    for (const form of forms) {
      if ('deployment' in form) {
        const manifest = deploymentManifest(form, this.#paths);
        await this.#request('POST', strictly(this.#paths.apps('deployments')), manifest);
      } else {
        const lingers = form.lingers === true;
        for (const manifest of podManifests(form, this.#paths)) await this.#createPod(manifest, lingers);
      }
    }
  }

  async recreate({ pod }: Form<'recreate'>): Promise<void> {
    await this.settle();
    const { manifest, lingers } = this.#own(pod);
    await this.#request('DELETE', this.#paths.pod(pod), { gracePeriodSeconds: 0 });
    await this.#createPod(manifest, lingers);
  }

  // ── changed ──────────────────────────────────────────────────────────────────────────────────────────────────

  async label({ node, pod, labels }: Form<'label'>): Promise<void> {
    if (node !== undefined) {
      await this.#request('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels } });
      this.#unseen.nodes = true;
    }
    if (pod !== undefined) await this.#patchPod(pod, { metadata: { labels } });
  }

  async annotate({ pod, annotations }: Form<'annotate'>): Promise<void> {
    await this.#patchPod(pod, { metadata: { annotations: withTimes(annotations) } });
  }

  /** Of a pod that runs: a status that kwok writes late would bring a finished one back to life. */
  async finish({ pod, phase }: Form<'finish'>): Promise<void> {
    await waitUntil(`${pod} runs`, async () => (await this.#phase(pod)) === 'Running', { intervalMs: 20 });
    await this.#request('PATCH', `${this.#paths.pod(pod)}/status`, { status: { phase } });
    this.#unseen.pods = true;
  }

  /** As another scheduler would: past the extender. */
  async bind({ pod, node }: Form<'bind'>): Promise<void> {
    await this.#request('POST', `${this.#paths.pod(pod)}/binding`, {
      metadata: { name: pod },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    });
    this.#unseen.pods = true;
  }

  async scale({ deployment, replicas }: Form<'scale'>): Promise<void> {
    await this.settle();
    await this.#request('PATCH', this.#paths.deployment(deployment), { spec: { replicas } });
  }

  // ── deleted ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when the pod is gone; if it lingers, when it terminates. */
  async deletePod(name: string, gracePeriodSeconds: number | undefined): Promise<void> {
    const { lingers } = this.#own(name);
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.#request('DELETE', this.#paths.pod(name), options);
    this.#pods.delete(name);
    if (!lingers) await this.#gone(name);
    this.#unseen.pods = true;
  }

  /** Lets a lingering pod that was deleted go. */
  async release(name: string): Promise<void> {
    await this.#patchPod(name, { metadata: { finalizers: null } });
    await this.#gone(name);
  }

  async deleteNode(name: string): Promise<void> {
    await this.#request('DELETE', `/api/v1/nodes/${name}`);
    this.#nodes.delete(name);
    this.#unseen.nodes = true;
  }

  /** Resolves when its pods are gone, too. */
  async deleteDeployment(name: string): Promise<void> {
    await this.#request('DELETE', this.#paths.deployment(name), { propagationPolicy: 'Foreground' });
    const named = `${this.#paths.apps('deployments')}?fieldSelector=metadata.name=${name}`;
    await waitUntil(`${name} is gone`, async () => (await this.#list(named)).length === 0);
    this.#unseen.pods = true;
  }

  /** Removes everything that is left, whatever state it is in. */
  async removeAll(): Promise<void> {
    for (const kind of ['deployments', 'replicasets'] as const) {
      await this.#request('DELETE', this.#paths.apps(kind));
      await waitUntil(
        `no ${kind} are left`,
        async () => (await this.#list(this.#paths.apps(kind))).length === 0,
      );
    }
    await waitUntil('no pods are left', async () => {
      const left = await this.#list(this.#paths.pods);
      for (const name of left) await this.#remove(name);
      return left.length === 0;
    });
    for (const name of this.#nodes) await this.#request('DELETE', `/api/v1/nodes/${name}`);
    for (const path of this.#classPaths) await this.#request('DELETE', path);
  }

  // ── seen ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when the extender has seen what the steps so far have done; at once while it does not run. */
  async settle(): Promise<void> {
    if (this.#stage.extender.pid !== undefined) {
      if (this.#unseen.nodes) await this.#stage.nodesSeen();
      if (this.#unseen.pods) await this.#stage.podsSeen();
    }
    this.#unseen.nodes = false;
    this.#unseen.pods = false;
  }

  /** Names of pods that are gone or terminating though no step deleted them, sorted. */
  evicted(pods: readonly SeenPod[]): readonly string[] {
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const uids = new Set(staying.map(({ metadata }) => metadata.uid));
    const missing = [...this.#pods].filter(([, { uid }]) => !uids.has(uid));
    return missing.map(([name]) => name).toSorted();
  }

  /** Name of a node of the scenario. */
  anyNode(): string {
    const [name] = this.#nodes;
    if (name === undefined) throw new Error('the scenario has no node');
    return name;
  }

  // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #createPod(manifest: PodManifest, lingers: boolean): Promise<void> {
    const { metadata } = await this.#request<Named>('POST', strictly(this.#paths.pods), manifest);
    this.#pods.set(metadata.name, { uid: metadata.uid, manifest, lingers });
  }

  async #createClass(path: string, name: string, fields: object): Promise<void> {
    const metadata = { name: this.#paths.classOf(name) };
    await this.#request('POST', strictly(path), { metadata, ...fields });
    this.#classPaths.push(`${path}/${metadata.name}`);
  }

  async #patchPod(name: string, patch: object): Promise<void> {
    await this.#request('PATCH', this.#paths.pod(name), patch);
    this.#unseen.pods = true;
  }

  /** Force-deletes a pod, which another request may have done already. */
  async #remove(name: string): Promise<void> {
    try {
      await this.#request('PATCH', this.#paths.pod(name), { metadata: { finalizers: null } });
      await this.#request('DELETE', this.#paths.pod(name), { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  async #gone(name: string): Promise<void> {
    await waitUntil(`${name} is gone`, async () => !(await this.#list(this.#paths.pods)).includes(name), {
      intervalMs: 20,
    });
  }

  async #phase(name: string): Promise<string> {
    const { status } = await this.#request<Pick<SeenPod, 'status'>>('GET', this.#paths.pod(name));
    return status.phase ?? '';
  }

  async #list(path: string): Promise<readonly string[]> {
    const { items } = await this.#request<{ items: Named[] }>('GET', path);
    return items.map(({ metadata }) => metadata.name);
  }

  #own(name: string): OwnPod {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new Error(`no step has created a pod ${name} that is still there`);
    return pod;
  }

  async #request<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
    return this.#stage.plane.api.request<T>(method, path, body);
  }
}
