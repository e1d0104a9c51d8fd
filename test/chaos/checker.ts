/**
 * Counts every pod at every revision of etcd and compares with the limits. It shares no code with the extender.
 *
 * @module
 */
import type { HistorySink } from './history/history.ts';
import type { PodRecord } from './history/pod-record.ts';
import type { PolicyLimits, UnitLimits, Used } from './limits.ts';
import { isOver } from './limits.ts';

/** A revision after which a unit held more of a group than it may. */
export interface Overshoot {
  readonly revision: number;
  readonly at: string;
  readonly group: string;
  readonly unit: string;
  /** Such as `21 of 20 pods`. */
  readonly excess: string;
  /** The pod whose change made it so. */
  readonly pod: string;
  /** All that counted then. */
  readonly counted: readonly string[];
}

/** A group of a policy, as it is now. */
export interface GroupState {
  readonly name: string;
  readonly limits: PolicyLimits;
  readonly used: ReadonlyMap<UnitLimits, Used>;
  readonly counted: ReadonlySet<PodRecord>;
  readonly waiting: ReadonlySet<PodRecord>;
  /** Pods that were placed, from the beginning. */
  readonly placed: { readonly ordinary: number; readonly urgent: number };
  /** Pods that kube-scheduler evicted, from the beginning. */
  readonly victims: number;
}

interface Group extends GroupState {
  readonly used: Map<UnitLimits, Used>;
  readonly counted: Set<PodRecord>;
  readonly waiting: Set<PodRecord>;
  readonly placed: { ordinary: number; urgent: number };
  victims: number;
}

export class Checker implements HistorySink {
  readonly #limits: ReadonlyMap<string, PolicyLimits>;
  readonly #pods = new Map<string, PodRecord>();
  readonly #groups = new Map<string, Group>();
  /** Millicores requested on each node, by whomever. */
  readonly #onNode = new Map<string, number>();
  readonly #now: () => number;
  readonly overshoots: Overshoot[] = [];
  /** Pods on nodes that are in no unit of their policy. */
  readonly strays: string[] = [];
  /** Changes seen. */
  changes = 0;
  /** Pods bound since the beginning. */
  placed = 0;
  /** When the last pod was bound, in milliseconds of `now`; -Infinity: never. */
  lastPlacedMs = -Infinity;

  /** @param now monotonic milliseconds. */
  constructor(limits: readonly PolicyLimits[], now: () => number) {
    this.#limits = new Map(limits.map((each) => [each.namespace, each]));
    this.#now = now;
  }

  changed(key: string, pod: PodRecord | undefined, revision: number): void {
    this.changes += 1;
    const before = this.#pods.get(key);
    // A deleted pod and its namesake differ; the first is gone before the second comes.
    if (before !== undefined) this.#leave(before);
    this.#pods.delete(key);
    if (pod === undefined) return;
    const limits = this.#limits.get(pod.namespace);
    if (limits === undefined) return;
    this.#pods.set(key, pod);
    this.#enter(pod, limits, { before, revision });
  }

  /** Every group that ever had a pod. */
  get groups(): IterableIterator<GroupState> {
    return this.#groups.values();
  }

  /** Pods that exist. */
  get total(): number {
    return this.#pods.size;
  }

  /** Millicores requested on each node. */
  get onNode(): ReadonlyMap<string, number> {
    return this.#onNode;
  }

  #enter(
    pod: PodRecord,
    limits: PolicyLimits,
    { before, revision }: { before: PodRecord | undefined; revision: number },
  ): void {
    const group = this.#groupOf(pod, limits);
    if (pod.isPreempted && before?.isPreempted !== true) group.victims += 1;
    if (isOverWith(pod)) return;
    if (pod.nodeName === '') {
      if (!pod.isTerminating) group.waiting.add(pod);
      return;
    }
    this.#load(pod, 1);
    const isNew = before === undefined || before.nodeName === '';
    if (isNew) this.#notePlacement(group, pod);
    if (pod.isTerminating && !limits.countsTerminating) return;
    const unit = unitOf(limits, pod);
    if (unit === undefined) {
      if (isNew && limits.units.length > 0) this.strays.push(`${nameOf(pod)} on ${pod.nodeName}`);
      return;
    }
    group.counted.add(pod);
    const used = usedIn(group, unit);
    used.pods += 1;
    used.milliCpu += pod.milliCpu;
    if (isOver(unit, used) && !this.#wasCounted(before, limits)) {
      this.overshoots.push(overshootOf(group, unit, { used, pod, revision }));
    }
  }

  #leave(pod: PodRecord): void {
    const limits = this.#limits.get(pod.namespace);
    if (limits === undefined) return;
    const group = this.#groupOf(pod, limits);
    if (pod.nodeName !== '' && !isOverWith(pod)) this.#load(pod, -1);
    group.waiting.delete(pod);
    if (!group.counted.delete(pod)) return;
    const unit = unitOf(limits, pod);
    if (unit === undefined) return;
    const used = usedIn(group, unit);
    used.pods -= 1;
    used.milliCpu -= pod.milliCpu;
  }

  #load({ nodeName, milliCpu }: PodRecord, factor: 1 | -1): void {
    this.#onNode.set(nodeName, (this.#onNode.get(nodeName) ?? 0) + factor * milliCpu);
  }

  #wasCounted(before: PodRecord | undefined, limits: PolicyLimits): boolean {
    return (
      before !== undefined && before.nodeName !== '' && (!before.isTerminating || limits.countsTerminating)
    );
  }

  #notePlacement(group: Group, pod: PodRecord): void {
    this.placed += 1;
    this.lastPlacedMs = this.#now();
    group.placed[pod.priority > 0 ? 'urgent' : 'ordinary'] += 1;
  }

  #groupOf(pod: PodRecord, limits: PolicyLimits): Group {
    const value = limits.groupLabel === undefined ? '' : (pod.labels[limits.groupLabel] ?? '');
    const name = `${pod.namespace}/${value}`;
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group: Group = {
      name,
      limits,
      used: new Map(),
      counted: new Set(),
      waiting: new Set(),
      placed: { ordinary: 0, urgent: 0 },
      victims: 0,
    };
    this.#groups.set(name, group);
    return group;
  }
}

/** Namespace and name. */
export function nameOf({ namespace, name }: PodRecord): string {
  return `${namespace}/${name}`;
}

function isOverWith({ phase }: PodRecord): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** The unit that a bound pod is in, by its node; undefined: none. */
export function unitOf(limits: PolicyLimits, { nodeName }: PodRecord): UnitLimits | undefined {
  return limits.units.find(({ nodes }) => nodeName.startsWith(nodes));
}

function usedIn(group: Group, unit: UnitLimits): Used {
  const used = group.used.get(unit) ?? { pods: 0, milliCpu: 0 };
  group.used.set(unit, used);
  return used;
}

function overshootOf(
  group: GroupState,
  unit: UnitLimits,
  { used, pod, revision }: { used: Used; pod: PodRecord; revision: number },
): Overshoot {
  const counted = [...group.counted].filter((each) => unitOf(group.limits, each) === unit);
  return {
    revision,
    at: new Date().toISOString(),
    group: group.name,
    unit: unit.name,
    excess:
      used.pods > (unit.max ?? Infinity)
        ? `${used.pods} of ${unit.max} pods`
        : `${used.milliCpu}m of ${unit.maxMilliCpu}m cpu`,
    pod: nameOf(pod),
    counted: counted.map((each) => `${each.name} ${each.uid} on ${each.nodeName}`),
  };
}
