/**
 * The webhook that the API server asks about new pods: the program's own, whose view may be behind; one of another
 * process, whose view is any; and pods that were looked at and are created later, or never.
 *
 * @module
 */
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { Arrival } from '../../src/scheduling/arrivals.ts';
import type { ApiServer } from './api-server.ts';
import type { Program } from './program.ts';
import { isOfUnit } from './rules.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';
import { bears } from './rules.ts';
import type { Story } from './story.ts';
import type { Users } from './users.ts';

const QUEUED: Arrival = { kind: 'queued' };

export class Webhook {
  readonly #api: ApiServer;
  readonly #users: Users;
  readonly #story: Story;
  readonly #program: () => Program;
  /** What was answered about pods that were not created since, by index. */
  readonly #answered = new Map<number, Arrival>();

  constructor(parts: { api: ApiServer; users: Users; story: Story; program: () => Program }) {
    this.#api = parts.api;
    this.#users = parts.users;
    this.#story = parts.story;
    this.#program = parts.program;
  }

  /** The API server asks about a pod that it has not stored yet. */
  ask(index: number, isReal = true): void {
    const pod = this.#users.newPod(index);
    if (pod === undefined) return;
    const arrival = this.#program().arrivals.arrives({ ...pod, constraints: podConstraints({}) }, isReal);
    if (isReal) this.#answered.set(index, arrival);
  }

  /** Another process is asked, who may know anything, or nothing. */
  askAnother(index: number, choice: number): void {
    if (this.#users.newPod(index) === undefined) return;
    this.#answered.set(index, choice % 3 === 0 ? { kind: 'held' } : this.#anyPin(choice));
  }

  /** The pod is stored as it was answered last; if nobody was asked, as it is. */
  store(index: number, isGatedByOthers = false): void {
    if (this.#users.newPod(index) === undefined) return;
    const arrival = this.#answered.get(index) ?? QUEUED;
    this.#answered.delete(index);
    const isPinned = arrival.kind === 'pinned';
    this.#story.note(`  p${index} is ${arrival.kind}${isPinned ? ` to ${arrival.pin.unit.name}` : ''}`);
    const nodeNames = isPinned ? { nodeNames: arrival.pin.nodeNames } : {};
    this.#users.createPod(
      index,
      {
        isInWaitingRoom: arrival.kind === 'held',
        ...(isPinned ? { pinnedUnit: arrival.pin.unit.name } : {}),
      },
      { isGatedByOthers, ...nodeNames },
    );
  }

  #anyPin(choice: number): Arrival {
    const units = this.#api.items('policies').flatMap((policy) => policy.units);
    const unit = units[choice % Math.max(1, units.length)];
    const nodes = this.#api
      .items('nodes')
      .filter((node) => unit !== undefined && isOfUnit(unit, node) && bears(node.labels, VIRTUAL_NODES));
    if (unit === undefined || nodes.length === 0) return QUEUED;
    return { kind: 'pinned', pin: { unit, nodeNames: nodes.map(({ name }) => name) } };
  }
}
