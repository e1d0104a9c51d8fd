/**
 * The open watches of the fake API server, and the ways in which they break.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';

import { expired, statusObject } from './status.ts';
import type { LoggedEvent, Resource, Store, StoredObject } from './store.ts';

interface Watch {
  readonly response: ServerResponse;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  /** Takes what is written and sends nothing, like a peer that is gone. */
  frozen: boolean;
}

/** What a client asks for. */
export interface WatchRequest {
  readonly response: ServerResponse;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
}

/** All open watches. */
export class Watches {
  /** Size of the pieces in which lines are written, in bytes; 0: whole. */
  pieceBytes = 0;
  readonly #open = new Set<Watch>();

  get count(): number {
    return this.#open.size;
  }

  add(store: Store, request: WatchRequest): void {
    const { response, resource, namespace, query } = request;
    const watch: Watch = { response, resource, namespace, frozen: false };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#open.add(watch);
    response.on('close', () => this.#open.delete(watch));
    this.#since(store, watch, Number(query.get('resourceVersion')));
  }

  tell(event: LoggedEvent): void {
    for (const watch of this.#open) {
      if (event.resource === watch.resource) this.#event(watch, event.type, event.object);
    }
  }

  bookmark(version: number): void {
    const metadata = { resourceVersion: String(version), creationTimestamp: null };
    const line = `${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`;
    for (const watch of this.#open) this.#write(watch, line);
  }

  /** Writes as it is, without a newline of its own. */
  raw(text: string): void {
    for (const watch of this.#open) this.#write(watch, text);
  }

  /** Watches open now never send anything again, and stay open. */
  freeze(): void {
    for (const watch of this.#open) watch.frozen = true;
  }

  /** Ends all watches as a server does when their time is up. */
  end(): void {
    for (const watch of this.#open) watch.response.end();
  }

  /** Breaks all connections that carry a watch. */
  cut(): void {
    for (const watch of this.#open) watch.response.socket?.destroy();
  }

  #since(store: Store, watch: Watch, version: number): void {
    const events = store.after(watch.resource, version);
    for (const event of events ?? []) this.#event(watch, event.type, event.object);
    if (events !== undefined) return;
    this.#write(watch, `${JSON.stringify({ type: 'ERROR', object: statusObject(expired()) })}\n`);
    watch.response.end();
  }

  #event(watch: Watch, type: string, object: StoredObject): void {
    const isWanted = watch.namespace === undefined || object.metadata.namespace === watch.namespace;
    if (isWanted) this.#write(watch, `${JSON.stringify({ type, object })}\n`);
  }

  #write(watch: Watch, text: string): void {
    if (watch.frozen) return;
    const bytes = Buffer.from(text);
    const step = this.pieceBytes || bytes.length;
    for (let start = 0; start < bytes.length; start += step)
      watch.response.write(bytes.subarray(start, start + step));
  }
}
