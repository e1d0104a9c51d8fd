/**
 * What nodes and units hold, as events add to it and take from it.
 *
 * @module
 */
import type { PlacementEvent } from '../measure/pod-log.ts';
import type { PlannedNode } from '../workload/nodes.ts';
import type { PlannedPod } from '../workload/pods.ts';
import { unitIndexOf } from '../workload/units.ts';
import type { Workload } from '../workload/workload.ts';

/** What does not change during a run. */
export interface Scene {
  readonly workload: Pick<Workload, 'units' | 'perJob'>;
  readonly nodes: readonly PlannedNode[];
  readonly pods: ReadonlyMap<string, PlannedPod>;
}

/** Pods with the same one share the unit's max. */
export function groupKey({ workload }: Scene, unit: number, job: string): string {
  return `${unit}/${workload.perJob ? job : ''}`;
}

interface NodeState {
  readonly unit: number | undefined;
  cpu: number;
  memory: number;
  pods: number;
}

export class Occupancy {
  readonly #scene: Scene;
  readonly #nodes: ReadonlyMap<string, NodeState>;
  readonly #nodesOfUnit: readonly (readonly NodeState[])[];
  readonly #held = new Map<string, number>();

  constructor(scene: Scene) {
    this.#scene = scene;
    const { units } = scene.workload;
    this.#nodes = new Map(
      scene.nodes.map(({ spec, labels, allocatable }) => [
        spec.name,
        { unit: unitIndexOf(units, labels), ...allocatable },
      ]),
    );
    const states = [...this.#nodes.values()];
    this.#nodesOfUnit = units.map((_, index) => states.filter(({ unit }) => unit === index));
  }

  /** Pods and nodes that the scene does not know are left out. */
  apply(event: PlacementEvent): void {
    this.load(event);
    this.count(event);
  }

  /** Of what {@link apply} does, what the node holds. */
  load({ kind, pod: podName, nodeName }: PlacementEvent): void {
    const pod = this.#scene.pods.get(podName);
    const node = this.#nodes.get(nodeName);
    if (pod === undefined || node === undefined) return;
    const sign = signOf(kind);
    node.cpu -= sign * pod.amounts.cpu;
    node.memory -= sign * pod.amounts.memory;
    node.pods -= sign * pod.amounts.pods;
  }

  /** Of what {@link apply} does, what the unit holds of a group. */
  count({ kind, pod: podName, nodeName }: PlacementEvent): void {
    const job = this.#scene.pods.get(podName)?.job;
    const unit = this.unitOf(nodeName);
    if (job === undefined || unit === undefined) return;
    const key = groupKey(this.#scene, unit, job);
    this.#held.set(key, (this.#held.get(key) ?? 0) + signOf(kind));
  }

  /** The unit that a node is in; undefined: none. */
  unitOf(nodeName: string): number | undefined {
    return this.#nodes.get(nodeName)?.unit;
  }

  /** Pods of the job's group in the unit. */
  held(unit: number, job: string): number {
    return this.#held.get(groupKey(this.#scene, unit, job)) ?? 0;
  }

  /**
   * Whether the unit takes a pod of a job: below max, and a node of it has room.
   *
   * @param claims places that others of its group have a claim to.
   */
  takes(unit: number, { job = '', amounts }: PlannedPod, claims: number): boolean {
    const max = this.#scene.workload.units[unit]?.max ?? Infinity;
    if (this.held(unit, job) + claims >= max) return false;
    const nodes = this.#nodesOfUnit[unit] ?? [];
    return nodes.some(
      ({ cpu, memory, pods }) => cpu >= amounts.cpu && memory >= amounts.memory && pods >= amounts.pods,
    );
  }
}

function signOf(kind: PlacementEvent['kind']): 1 | -1 {
  return kind === 'bound' ? 1 : -1;
}
