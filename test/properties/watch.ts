/**
 * A watch of one resource that delivers late: what happened waits here until a step lets it through. The order is the
 * API server's. After a broken connection comes a list, item by item, and what happened in between only shows in it.
 *
 * @module
 */
import type { Listed } from '../../src/cluster/mirror.ts';
import { Mirror } from '../../src/cluster/mirror.ts';
import type { Change } from './api-server.ts';

type Entry<Item> =
  | { readonly kind: 'present'; readonly item: Item; readonly atMs: number }
  | { readonly kind: 'absent'; readonly item: Item; readonly atMs: number }
  | { readonly kind: 'list begins' | 'list ends'; readonly atMs: number };

export interface WatchHandler<Item> {
  upsert(item: Item): void;
  remove(item: Item): void;
}

export class Watch<Item extends Listed> {
  readonly #nowMs: () => number;
  readonly #mirror: Mirror<Item>;
  #owed: Entry<Item>[] = [];
  #owesDisturbance = false;

  constructor(nowMs: () => number, handler: WatchHandler<Item>) {
    this.#nowMs = nowMs;
    this.#mirror = new Mirror(handler);
  }

  /** Something that is a disturbance was not delivered yet. */
  get owesDisturbance(): boolean {
    return this.#owesDisturbance;
  }

  /** All that happened up to then was delivered. */
  get currentAtMs(): number {
    const [next] = this.#owed;
    return next === undefined ? this.#nowMs() : next.atMs - 1;
  }

  /** The items that were delivered. */
  items(): Iterable<Item> {
    return this.#mirror.items();
  }

  happened({ item, isRemoval, isDisturbance }: Change<Item>): void {
    this.#owesDisturbance ||= isDisturbance;
    this.#owed.push({ kind: isRemoval ? 'absent' : 'present', item, atMs: this.#nowMs() });
  }

  deliver(count: number): void {
    for (const entry of this.#owed.splice(0, count)) this.#take(entry);
    if (this.#owed.length === 0) this.#owesDisturbance = false;
  }

  /** @param items all that exist now. */
  relist(items: readonly Item[]): void {
    const atMs = Math.min(this.#owed[0]?.atMs ?? Infinity, this.#nowMs());
    this.#owed = [
      { kind: 'list begins', atMs },
      ...items.map((item) => ({ kind: 'present', item, atMs }) as const),
      { kind: 'list ends', atMs },
    ];
  }

  #take(entry: Entry<Item>): void {
    switch (entry.kind) {
      case 'list begins':
        this.#mirror.beginRelist();
        return;
      case 'list ends':
        this.#mirror.finishRelist();
        return;
      case 'present': {
        const { uid, name, resourceVersion, namespace = '' } = entry.item;
        this.#mirror.present({ uid, name, resourceVersion, namespace }, () => entry.item);
        return;
      }
      case 'absent':
        this.#mirror.absent(entry.item.uid);
    }
  }
}
