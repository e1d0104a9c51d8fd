/**
 * A handler that remembers all it is told, and checks that what it is told makes sense.
 *
 * @module
 */
import type { Handler, Listed } from '../../src/cluster/mirror.ts';

export interface Told {
  readonly what: 'upsert' | 'remove';
  readonly name: string;
  readonly uid: string;
}

export class Recorder<Item extends Listed> implements Handler<Item> {
  readonly told: Told[] = [];
  /** What exists, going by what was told. */
  readonly present = new Map<string, Item>();

  /** What made no sense; an exception would only make the watch list anew. */
  readonly complaints: string[] = [];

  upsert(item: Item): void {
    if (this.uidsOf(item.name).some((uid) => uid !== item.uid)) {
      this.complaints.push(`${item.name} came while its predecessor was there`);
    }
    if (this.present.get(item.uid)?.resourceVersion === item.resourceVersion) {
      this.complaints.push(`${item.name} was delivered twice in the same version`);
    }
    this.present.set(item.uid, item);
    this.told.push({ what: 'upsert', name: item.name, uid: item.uid });
  }

  remove(item: Item): void {
    if (!this.present.delete(item.uid))
      this.complaints.push(`${item.name} was removed and had never been there`);
    this.told.push({ what: 'remove', name: item.name, uid: item.uid });
  }

  /** Uids told to exist under this name; more than one is an error of the watch. */
  uidsOf(name: string): string[] {
    return [...this.present.values()].filter((item) => item.name === name).map((item) => item.uid);
  }

  /** What was told of objects of this name, in order. */
  toldOf(name: string): Told[] {
    return this.told.filter((one) => one.name === name);
  }
}
