/**
 * Judges a placement against the policy, from nothing but the events of a watch: which pod was bound to which node, in
 * which order, and which pods went. It shares no code with the extender.
 *
 * **Over max** is decided exactly: a watch delivers bindings in the order in which the API server made them, and after
 * each of them no group may hold more pods in a unit than its max.
 *
 * **Out of order** is a pod bound into a unit while an earlier unit was below max and had a node with room for it. Where
 * places are given at creation, one that goes to a pod of the same group which was created before it is not free: that pod
 * was before it in the line, in whatever order kube-scheduler came to try them. Room on a node is not free either from
 * when the watch shows that another pod, which is bound there later, is nominated for it. A nomination that nothing comes of
 * takes no room.
 *
 * The watch shows when a pod was bound, not when its node was chosen, which is some time before: meanwhile other pods may
 * have been given the room that the watch still shows as free. So each pod is judged twice:
 *
 * - *For certain*: all pods that were bound within `bindingWindowMs` after it count as if they had been there before, and
 *   pods that went within that time before it as if they were still there. If the earlier unit has room even so, no
 *   binding under way can have been the reason, and it is a violation.
 * - *As seen*: only what was bound before it counts. Room that shows in this view only may have been given away already;
 *   such pods are counted as undecided.
 *
 * @module
 */
import type { PlacementEvent } from '../measure/pod-log.ts';
import type { PlannedPod } from '../workload/pods.ts';
import type { Scene } from './occupancy.ts';
import { groupKey, Occupancy } from './occupancy.ts';

const MOST_EXAMPLES = 5;

export interface Judgement {
  /** Measured pods by unit, at their binding. */
  readonly perUnit: readonly number[];
  /** Pods of the policy bound to nodes of no unit. */
  readonly outside: number;
  /** Bindings after which a unit held more pods of a group than its max. */
  readonly overMax: number;
  /** Pods in a unit though an earlier one had room for them, for certain. */
  readonly outOfOrder: number;
  /** Pods that the same may or may not be true of. */
  readonly undecided: number;
  /** The first few of what is wrong, in words. */
  readonly examples: readonly string[];
}

export interface JudgeInput extends Scene {
  /** In the order of the watch. */
  readonly events: readonly PlacementEvent[];
  /** Names of pods in the order in which they were created; empty: nobody may be placed before its turn. */
  readonly created: readonly string[];
  /** Longest time from the choice of a node until the watch shows the binding, milliseconds. */
  readonly bindingWindowMs: number;
}

export function judge({ events, created, bindingWindowMs, ...scene }: JudgeInput): Judgement {
  const seen = new Occupancy(scene);
  const line = new Line(scene, events, created);
  const certain = new DelayedView(scene, events, bindingWindowMs);
  const perUnit = scene.workload.units.map(() => 0);
  const found = { outside: 0, overMax: 0, outOfOrder: 0, undecided: 0 };
  const examples: string[] = [];
  const note = (kind: keyof typeof found, text: string): void => {
    found[kind] += 1;
    if (kind !== 'undecided' && examples.length < MOST_EXAMPLES) examples.push(text);
  };

  for (const [index, event] of events.entries()) {
    const pod = scene.pods.get(event.pod);
    const { job } = pod ?? {};
    if (event.kind === 'gone' || pod === undefined || job === undefined || pod.role === 'standing') {
      seen.apply(event);
      continue;
    }
    const unit = seen.unitOf(event.nodeName);
    if (unit === undefined) note('outside', `${pod.name} is on ${event.nodeName}, which is in no unit`);
    else if (pod.role === 'measured') perUnit[unit] = (perUnit[unit] ?? 0) + 1;
    const last = unit ?? scene.workload.units.length;
    const late = event.atMs + bindingWindowMs;
    const passedOver = firstWithRoom(certain.at(event), pod, last, (each) =>
      line.claims(pod, each, ({ atMs }) => atMs > late),
    );
    if (passedOver !== undefined) {
      note('outOfOrder', `${pod.name} is on ${event.nodeName} though unit ${passedOver + 1} had room`);
    } else {
      const claims = (each: number): number => line.claims(pod, each, ({ number }) => number > index);
      if (firstWithRoom(seen, pod, last, claims) !== undefined) note('undecided', '');
    }
    seen.apply(event);
    const max = unit === undefined ? undefined : scene.workload.units[unit]?.max;
    if (unit === undefined || max === undefined || seen.held(unit, job) <= max) continue;
    note(
      'overMax',
      `${pod.name} is number ${seen.held(unit, job)} of ${job} in unit ${unit + 1}, max ${max}`,
    );
  }
  return { perUnit, ...found, examples };
}

/**
 * The first unit before `last` that takes the pod.
 *
 * @param claims places of a unit that others have a claim to.
 */
function firstWithRoom(
  occupancy: Occupancy,
  pod: PlannedPod,
  last: number,
  claims: (unit: number) => number,
): number | undefined {
  for (let unit = 0; unit < last; unit += 1) if (occupancy.takes(unit, pod, claims(unit))) return unit;
  return undefined;
}

interface Bound {
  /** Of the pod in the order of creation. */
  readonly place: number;
  readonly atMs: number;
  /** Of the event. */
  readonly number: number;
}

/** Who was created before whom, and went where. */
class Line {
  readonly #scene: Scene;
  /** Place in the order of creation by name. */
  readonly #places: ReadonlyMap<string, number>;
  /** Bindings into each unit, by group. */
  readonly #bound = new Map<string, Bound[]>();

  constructor(scene: Scene, events: readonly PlacementEvent[], created: readonly string[]) {
    this.#scene = scene;
    this.#places = new Map(created.map((name, place) => [name, place]));
    const occupancy = new Occupancy(scene);
    for (const [number, { kind, pod: name, nodeName, atMs }] of events.entries()) {
      const pod = scene.pods.get(name);
      const place = this.#places.get(name);
      const unit = occupancy.unitOf(nodeName);
      if (kind !== 'bound' || pod === undefined || place === undefined || unit === undefined) continue;
      const key = groupKey(scene, unit, pod.job ?? '');
      const bound = this.#bound.get(key) ?? [];
      bound.push({ place, atMs, number });
      this.#bound.set(key, bound);
    }
  }

  /** Pods of the same group that were created before the pod and got their places in the unit later. */
  claims(pod: PlannedPod, unit: number, isLater: (bound: Bound) => boolean): number {
    const own = this.#places.get(pod.name) ?? 0;
    const bound = this.#bound.get(groupKey(this.#scene, unit, pod.job ?? '')) ?? [];
    return bound.filter((each) => each.place < own && isLater(each)).length;
  }
}

/** Since when the room on the node is not free. Nobody's place below max is held by a nomination. */
function loadedMs({ atMs, nominatedMs = atMs }: PlacementEvent): number {
  return nominatedMs;
}

function seenMs({ atMs }: PlacementEvent): number {
  return atMs;
}

/** The fullest that units can have been when a node was chosen: later bindings are there, recent departures still are. */
class DelayedView {
  readonly #occupancy: Occupancy;
  readonly #windowMs: number;
  readonly #loaded: Changes;
  readonly #counted: Changes;
  readonly #gone: Changes;

  constructor(scene: Scene, events: readonly PlacementEvent[], windowMs: number) {
    const occupancy = new Occupancy(scene);
    const bound = events.filter(({ kind }) => kind === 'bound');
    const gone = events.filter(({ kind }) => kind === 'gone');
    this.#occupancy = occupancy;
    this.#windowMs = windowMs;
    this.#loaded = new Changes(bound, loadedMs, (event) => occupancy.load(event));
    this.#counted = new Changes(bound, seenMs, (event) => occupancy.count(event));
    this.#gone = new Changes(gone, seenMs, (event) => occupancy.apply(event));
  }

  /** As of an event; events are asked for in order. */
  at({ atMs }: PlacementEvent): Occupancy {
    this.#loaded.until(atMs + this.#windowMs);
    this.#counted.until(atMs + this.#windowMs);
    this.#gone.until(atMs - this.#windowMs);
    return this.#occupancy;
  }
}

/** Events that are applied as time goes on. */
class Changes {
  readonly #events: readonly PlacementEvent[];
  readonly #timeOf: (event: PlacementEvent) => number;
  readonly #apply: (event: PlacementEvent) => void;
  #next = 0;

  constructor(
    events: readonly PlacementEvent[],
    timeOf: (event: PlacementEvent) => number,
    apply: (event: PlacementEvent) => void,
  ) {
    this.#events = events.toSorted((one, other) => timeOf(one) - timeOf(other));
    this.#timeOf = timeOf;
    this.#apply = apply;
  }

  /** Applies those up to that time that are not applied yet. */
  until(untilMs: number): void {
    for (let event = this.#events[this.#next]; event !== undefined; event = this.#events[this.#next]) {
      if (this.#timeOf(event) > untilMs) return;
      this.#apply(event);
      this.#next += 1;
    }
  }
}
