/**
 * What a watch has shown of each pod, and when: times are those at which the event was received, on a monotonic clock.
 *
 * @module
 */

/** The parts of a pod that are looked at. */
export interface WatchedPod {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase?: string;
    readonly nominatedNodeName?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface PodTimes {
  readonly name: string;
  readonly createdMs: number;
  boundMs: number | undefined;
  nodeName: string | undefined;
  runningMs: number | undefined;
  goneMs: number | undefined;
  /** Whether it was ever reported that no node takes it, or that it is gated. */
  hasWaited: boolean;
}

/** A change of what nodes hold, in the order in which the API server made it. */
export interface PlacementEvent {
  readonly kind: 'bound' | 'gone';
  readonly pod: string;
  readonly nodeName: string;
  readonly atMs: number;
  /** Since when the pod had been nominated for this node before it was bound to it; absent: it was not. */
  readonly nominatedMs?: number;
}

interface Nominated {
  readonly nodeName: string;
  readonly sinceMs: number;
}

/** How many pods of a kind were seen so far. */
export interface PodCounts {
  created: number;
  bound: number;
  running: number;
  waited: number;
}

export class PodLog {
  readonly pods = new Map<string, PodTimes>();
  readonly events: PlacementEvent[] = [];
  readonly #counts = new Map<string, PodCounts>();
  /** Of pods without a node. */
  readonly #nominated = new Map<string, Nominated>();
  readonly #kindOf: (name: string) => string;
  /** When a pod was last created, bound or running. */
  lastChangeMs = 0;

  /** @param kindOf by which pods are counted. */
  constructor(kindOf: (name: string) => string) {
    this.#kindOf = kindOf;
  }

  counts(kind: string): Readonly<PodCounts> {
    return this.#counts.get(kind) ?? { created: 0, bound: 0, running: 0, waited: 0 };
  }

  /** Pods that exist now. */
  get alive(): readonly PodTimes[] {
    return [...this.pods.values()].filter(({ goneMs }) => goneMs === undefined);
  }

  /** One event of the watch, or one pod of the list (type ADDED). */
  see(type: string, pod: WatchedPod, atMs: number): void {
    const { name } = pod.metadata;
    const known = this.pods.get(name);
    if (type === 'DELETED') {
      if (known !== undefined) this.#gone(known, atMs);
      return;
    }
    const counts = this.#countsOf(name);
    const times = known ?? this.#created(name, counts, atMs);
    this.#bound(times, pod, counts, atMs);
    if (times.boundMs === undefined) this.#nominate(pod, atMs);
    if (times.runningMs === undefined && pod.status.phase === 'Running') {
      times.runningMs = atMs;
      counts.running += 1;
      this.lastChangeMs = atMs;
    }
    if (!times.hasWaited && isHeldBack(pod)) {
      times.hasWaited = true;
      counts.waited += 1;
    }
  }

  #created(name: string, counts: PodCounts, atMs: number): PodTimes {
    const times = {
      name,
      createdMs: atMs,
      boundMs: undefined,
      nodeName: undefined,
      runningMs: undefined,
      goneMs: undefined,
      hasWaited: false,
    };
    this.pods.set(name, times);
    counts.created += 1;
    this.lastChangeMs = atMs;
    return times;
  }

  #bound(times: PodTimes, { spec }: WatchedPod, counts: PodCounts, atMs: number): void {
    if (times.boundMs !== undefined || spec.nodeName === undefined) return;
    times.boundMs = atMs;
    times.nodeName = spec.nodeName;
    counts.bound += 1;
    this.lastChangeMs = atMs;
    const nominated = this.#nominated.get(times.name);
    const isAsNominated = nominated?.nodeName === spec.nodeName;
    this.events.push({
      kind: 'bound',
      pod: times.name,
      nodeName: spec.nodeName,
      atMs,
      ...(isAsNominated ? { nominatedMs: nominated.sinceMs } : {}),
    });
    this.#nominated.delete(times.name);
  }

  #nominate({ metadata: { name }, status: { nominatedNodeName = '' } }: WatchedPod, atMs: number): void {
    if (nominatedNodeName === '') this.#nominated.delete(name);
    else if (this.#nominated.get(name)?.nodeName !== nominatedNodeName)
      this.#nominated.set(name, { nodeName: nominatedNodeName, sinceMs: atMs });
  }

  #gone(times: PodTimes, atMs: number): void {
    times.goneMs = atMs;
    this.#nominated.delete(times.name);
    if (times.nodeName === undefined) return;
    this.events.push({ kind: 'gone', pod: times.name, nodeName: times.nodeName, atMs });
  }

  #countsOf(name: string): PodCounts {
    const kind = this.#kindOf(name);
    const counts = this.#counts.get(kind) ?? { created: 0, bound: 0, running: 0, waited: 0 };
    this.#counts.set(kind, counts);
    return counts;
  }
}

function isHeldBack({ spec, status }: WatchedPod): boolean {
  if (spec.nodeName !== undefined) return false;
  return status.conditions?.some((each) => each.type === 'PodScheduled' && each.status === 'False') ?? false;
}
