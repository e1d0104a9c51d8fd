/**
 * An independent witness: its own watch on the pods, with a counting of its own that shares no code with the ledger.
 * It looks at every event, and resumes where it was when the watch ends, so nothing escapes it.
 *
 * @module
 */
import { KubeConfig, Watch } from '@kubernetes/client-node';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { waitUntil } from '../control-plane/wait.ts';

/** Most pods of a group per unit; the unit of a pod follows from its node alone. */
export interface Limits {
  /** The namespace whose pods are watched. */
  readonly namespace: string;
  readonly groupLabel: string;
  readonly unitOf: (nodeName: string) => string;
  readonly max: Readonly<Record<string, number>>;
}

interface WatchedPod {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase?: string };
}

export class LimitWatcher {
  readonly #plane: ControlPlane;
  readonly #limits: Limits;
  /** Group and unit of each counted pod. */
  readonly #placeOf = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #pods = new Set<string>();
  /** A line for each event after which a unit held more than its max. */
  readonly overshoots: string[] = [];
  events = 0;
  #resourceVersion = '';
  #abort: AbortController | undefined;
  #failure: Error | undefined;
  #isStopped = false;

  constructor(plane: ControlPlane, limits: Limits) {
    this.#plane = plane;
    this.#limits = limits;
  }

  /** Starts with the pods that exist now. */
  async start(): Promise<void> {
    const list = await this.#plane.api.request<{
      metadata: { resourceVersion: string };
      items: WatchedPod[];
    }>('GET', this.#path);
    for (const pod of list.items) this.#see('ADDED', pod);
    this.#resourceVersion = list.metadata.resourceVersion;
    await this.#connect();
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.#limits.namespace}/pods`;
  }

  stop(): void {
    this.#isStopped = true;
    this.#abort?.abort();
  }

  /** Pods bound and counted now. */
  get bound(): number {
    return this.#placeOf.size;
  }

  /** Counted pods of a group in a unit. */
  count(group: string, unit: string): number {
    return this.#counts.get(`${group}/${unit}`) ?? 0;
  }

  /** Pods that exist, counted or not. */
  get total(): number {
    return this.#pods.size;
  }

  /** @throws {Error} when the condition does not hold in time, or the watch lost events. */
  async until(what: string, condition: () => boolean, timeoutMs: number): Promise<void> {
    await waitUntil(
      what,
      () => {
        if (this.#failure !== undefined) throw this.#failure;
        return condition();
      },
      { timeoutMs },
    );
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #connect(): Promise<void> {
    const config = new KubeConfig();
    config.loadFromFile(this.#plane.kubeconfigPath);
    const query = { resourceVersion: this.#resourceVersion, allowWatchBookmarks: true };
    this.#abort = await new Watch(config).watch(
      this.#path,
      query,
      (type: string, pod: WatchedPod) => this.#see(type, pod),
      () => {
        if (this.#isStopped || this.#failure !== undefined) return;
        this.#connect().catch((error: unknown) => {
          this.#failure = error instanceof Error ? error : new Error(String(error));
        });
      },
    );
  }

  #see(type: string, pod: WatchedPod): void {
    if (type === 'ERROR') {
      this.#failure = new Error(`the witness lost events: ${JSON.stringify(pod)}`);
      return;
    }
    this.#resourceVersion = pod.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    this.events += 1;
    const { uid } = pod.metadata;
    if (type === 'DELETED') this.#pods.delete(uid);
    else this.#pods.add(uid);
    const place = type === 'DELETED' ? undefined : this.#place(pod);
    const before = this.#placeOf.get(uid);
    if (place === before) return;
    if (before !== undefined) this.#add(before, -1);
    this.#placeOf.delete(uid);
    if (place === undefined) return;
    this.#placeOf.set(uid, place);
    this.#add(place, 1);
    const unit = place.slice(place.lastIndexOf('/') + 1);
    const max = this.#limits.max[unit] ?? 0;
    const count = this.#counts.get(place) ?? 0;
    if (count > max) this.overshoots.push(`${place}: ${count} of ${max} at ${pod.metadata.resourceVersion}`);
  }

  #place({ metadata, spec, status }: WatchedPod): string | undefined {
    const group = metadata.labels?.[this.#limits.groupLabel];
    if (group === undefined || spec.nodeName === undefined) return undefined;
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return undefined;
    return `${group}/${this.#limits.unitOf(spec.nodeName)}`;
  }

  #add(place: string, difference: number): void {
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + difference);
  }
}
