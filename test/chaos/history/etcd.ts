/**
 * A small client of etcd's JSON gateway.
 *
 * @module
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';

/** One change of a key. */
export interface KeyChange {
  readonly key: string;
  /** Undefined: the key was deleted. */
  readonly value: Buffer | undefined;
  readonly revision: number;
}

/** The history from the revision asked for is no longer there. */
export class Compacted extends Error {
  override readonly name = 'Compacted';
}

/** One etcd, by its client URL. */
export class Etcd {
  readonly #url: string;
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  constructor(url: string) {
    this.#url = url;
  }

  /** The revision of the store now. */
  async revision(): Promise<number> {
    const { header } = await this.#call<{ header: Header }>('/v3/kv/range', { key: encode('\0'), limit: 1 });
    return Number(header.revision);
  }

  /** Writes a key. @returns the revision that did. */
  async put(key: string, value: string): Promise<number> {
    const body = { key: encode(key), value: encode(value) };
    const { header } = await this.#call<{ header: Header }>('/v3/kv/put', body);
    return Number(header.revision);
  }

  /** Forgets all history before a revision. One that was compacted already is fine. */
  async compact(revision: number): Promise<void> {
    await this.#call('/v3/kv/compaction', { revision }).catch((error: unknown) => {
      if (!String(error).includes('compacted')) throw error;
    });
  }

  /**
   * Every change of the keys from `from` up to but not including `to`, from a revision on, each once and in order.
   *
   * @throws {Compacted} when the history is gone; any other error when the connection broke: go on with the revision
   *   after the last change.
   */
  async *watch(from: string, to: string, revision: number, signal: AbortSignal): AsyncGenerator<KeyChange> {
    const create = { key: encode(from), range_end: encode(to), start_revision: revision, fragment: true };
    const body = await this.#open('/v3/watch', { create_request: create }, signal);
    for await (const line of createInterface({ input: body })) {
      const { result }: WatchLine = JSON.parse(line);
      if (result === undefined) throw new Error(`etcd: ${line}`);
      if (result.canceled === true) {
        const reason = result.cancel_reason ?? '';
        if (Number(result.compact_revision ?? 0) > 0) throw new Compacted(`etcd: ${reason}`);
        throw new Error(`etcd ended the watch: ${reason}`);
      }
      for (const { type, kv } of result.events ?? []) {
        yield {
          key: Buffer.from(kv.key, 'base64').toString('utf8'),
          value: type === 'DELETE' ? undefined : Buffer.from(kv.value ?? '', 'base64'),
          revision: Number(kv.mod_revision),
        };
      }
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #call<Answer>(path: string, body: object): Promise<Answer> {
    const { statusCode, body: answer } = await request(this.#url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      dispatcher: this.#agent,
    });
    const text = await answer.text();
    if (statusCode !== 200) throw new Error(`etcd ${path}: ${statusCode} ${text}`);
    const parsed: Answer = JSON.parse(text);
    return parsed;
  }

  async #open(path: string, body: object, signal: AbortSignal): Promise<Readable> {
    const { statusCode, body: answer } = await request(this.#url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      dispatcher: this.#agent,
      signal,
    });
    if (statusCode !== 200) throw new Error(`etcd ${path}: ${statusCode} ${await answer.text()}`);
    return answer;
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

interface Header {
  readonly revision: string;
}

interface WatchLine {
  readonly result?: {
    readonly canceled?: boolean;
    readonly compact_revision?: string;
    readonly cancel_reason?: string;
    readonly events?: readonly {
      /** Absent for a put, the first of its enumeration. */
      readonly type?: 'PUT' | 'DELETE';
      readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string };
    }[];
  };
}
