/**
 * The connections made with one {@link Access}. Watches have their own, so that no write ever queues behind one.
 *
 * @module
 */
import { Pool } from 'undici';

import type { Access } from './credentials.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Below the 90 s after which the API server closes idle connections: a write must not meet a closing one. */
const KEEP_ALIVE_MS = 30_000;

/** Two pools of HTTP/1.1 connections to one API server. */
export class Connections {
  readonly epoch: number;
  readonly requests: Pool;
  readonly streams: Pool;

  /** @param count Most connections for requests; streams take one each, so as many as there are watches. */
  constructor(access: Access, count: number) {
    this.epoch = access.epoch;
    this.requests = pool(access, count);
    this.streams = pool(access, null);
  }

  /** Takes no new requests; resolves when those under way, watches included, have come to their end. */
  async retire(): Promise<void> {
    await Promise.all([this.requests.close(), this.streams.close()]);
  }

  /** Breaks off everything. */
  async destroy(): Promise<void> {
    await Promise.all([this.requests.destroy(), this.streams.destroy()]);
  }
}

function pool(access: Access, connections: number | null): Pool {
  return new Pool(access.server.origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: {
      ...access.tls,
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    },
  });
}
