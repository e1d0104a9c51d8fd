/**
 * The objects of one resource as delivered to one handler. Turns what the server says exists into upserts and
 * removals: each exactly once, and removals also of what vanished unseen. No I/O.
 *
 * @module
 */
import type { Identity } from './watch-event.ts';

/** What an item carries so that it can be found and compared. */
export interface Listed {
  readonly uid: string;
  readonly name: string;
  /** Absent or empty for objects that have none. */
  readonly namespace?: string;
  /** Opaque; equal for the same uid means the same state. */
  readonly resourceVersion: string;
}

/**
 * Who is told of changes, synchronously, one at a time. After an exception everything is listed anew and what was not
 * taken in is delivered again, so both must bear repetition.
 */
export interface Handler<Item> {
  upsert(item: Item): void;
  /** @param item As last delivered, not as it was when it was deleted. */
  remove(item: Item): void;
}

/** A handler threw. */
export class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed';
}

/** An object exists in a form that the parser refuses. */
export class Unparseable extends Error {
  override readonly name = 'Unparseable';
  readonly identity: Identity;

  constructor(identity: Identity, cause: unknown) {
    super(
      `${identity.namespace}/${identity.name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.identity = identity;
  }
}

/** Items by uid and by name. Inside a handler it still shows the state before the change. */
export class Mirror<Item extends Listed> {
  readonly #handler: Handler<Item>;
  readonly #byUid = new Map<string, Item>();
  readonly #byName = new Map<string, Item>();
  /** Uids seen since {@link beginRelist}; undefined when none is under way. */
  #seen: Set<string> | undefined;

  constructor(handler: Handler<Item>) {
    this.#handler = handler;
  }

  get size(): number {
    return this.#byUid.size;
  }

  get(uid: string): Item | undefined {
    return this.#byUid.get(uid);
  }

  getByName(namespace: string, name: string): Item | undefined {
    return this.#byName.get(nameKey({ namespace, name }));
  }

  items(): IterableIterator<Item> {
    return this.#byUid.values();
  }

  /** Everything that exists will now be told. One that was under way is forgotten. */
  beginRelist(): void {
    this.#seen = new Set();
  }

  /**
   * All that exists has been told: removes the rest.
   *
   * @throws {HandlerFailed} and then the relist is still under way.
   */
  finishRelist(): void {
    const seen = this.#seen;
    if (seen === undefined) return;
    for (const item of this.#byUid.values()) {
      if (!seen.has(item.uid)) this.#remove(item);
    }
    this.#seen = undefined;
  }

  /**
   * The object exists in this version. An equal version is not delivered again. Another object that had its name is
   * removed first: a recreated pod is not an update of the old one.
   *
   * @throws {HandlerFailed}
   * @throws {Unparseable} the version delivered before, if any, stays.
   */
  present(identity: Identity, parse: () => Item): void {
    this.#seen?.add(identity.uid);
    const former = this.#byName.get(nameKey(identity));
    if (former !== undefined && former.uid !== identity.uid) this.#remove(former);
    if (this.#byUid.get(identity.uid)?.resourceVersion === identity.resourceVersion) return;
    const item = parsed(identity, parse);
    this.#deliver(() => {
      this.#handler.upsert(item);
    });
    this.#byUid.set(identity.uid, item);
    this.#byName.set(nameKey(identity), item);
  }

  /**
   * The object exists no more. Unknown uids are ignored.
   *
   * @throws {HandlerFailed}
   */
  absent(uid: string): void {
    const item = this.#byUid.get(uid);
    if (item !== undefined) this.#remove(item);
  }

  #remove(item: Item): void {
    this.#deliver(() => {
      this.#handler.remove(item);
    });
    this.#byUid.delete(item.uid);
    if (this.#byName.get(nameKey(item))?.uid === item.uid) this.#byName.delete(nameKey(item));
  }

  #deliver(call: () => void): void {
    try {
      call();
    } catch (error) {
      throw new HandlerFailed(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

function parsed<Item>(identity: Identity, parse: () => Item): Item {
  try {
    return parse();
  } catch (error) {
    throw new Unparseable(identity, error);
  }
}

/** A slash is in no namespace and no name. */
function nameKey(named: { readonly namespace?: string; readonly name: string }): string {
  return `${named.namespace ?? ''}/${named.name}`;
}
