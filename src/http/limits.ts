/**
 * What a server takes from its callers: how much, how many, how long. No settings: nobody who calls as kube-scheduler or
 * a probe does ever meets one of them.
 *
 * @module
 */

export interface Limits {
  /** Most bytes of a request's line and headers; more is answered with 431. */
  readonly headerBytes: number;
  /** Open connections; a further one is dropped. */
  readonly connections: number;
  /** Requests on one connection; the last answer ends it. */
  readonly requestsPerConnection: number;
  /** For the TLS handshake, in milliseconds. */
  readonly handshakeMs: number;
  /**
   * From the first byte of a request, or from the begin of a connection on which none comes, to the end of the headers,
   * in milliseconds.
   */
  readonly headersMs: number;
  /** From the end of the headers to the end of the body, in milliseconds. */
  readonly bodyMs: number;
  /** Longest that a connection stays without a byte in either direction, between requests or within, in milliseconds. */
  readonly idleMs: number;
}

/**
 * For the port of kube-scheduler. Its HTTP client keeps an idle connection for 90 s and does not repeat a POST, so it has
 * to be the one that closes: a connection that was opened and not yet used is one whose headers are late, hence two
 * minutes for both. Whoever could make use of them to tie up connections is on this host or has a certificate. It opens
 * a connection for each binding in flight, of which the API client takes some two thousand before it turns more away.
 */
export const SCHEDULER_LIMITS: Limits = {
  headerBytes: 8_192,
  connections: 4_096,
  requestsPerConnection: 10_000,
  handshakeMs: 10_000,
  headersMs: 120_000,
  bodyMs: 15_000,
  idleMs: 120_000,
};

/** For pages that everybody may read: short, and one request for each connection, so that nobody holds one. */
export const PROBE_LIMITS: Limits = {
  headerBytes: 8_192,
  connections: 256,
  requestsPerConnection: 1,
  handshakeMs: 5_000,
  headersMs: 5_000,
  bodyMs: 5_000,
  idleMs: 5_000,
};

/**
 * For the webhook's port. The API server's HTTP client is the same as kube-scheduler's, and what is lost between the two is
 * a pod that is not made fit; strangers, who can reach this port, gain little by two minutes that they would not by two
 * seconds.
 */
export const WEBHOOK_LIMITS: Limits = { ...SCHEDULER_LIMITS, connections: 1_024, bodyMs: 10_000 };

/**
 * For the page that people look at: a browser opens up to six connections, asks on them every second, and keeps them. A
 * forwarded port is one that many come through.
 */
export const PAGE_LIMITS: Limits = {
  headerBytes: 16_384,
  connections: 256,
  requestsPerConnection: 10_000,
  handshakeMs: 10_000,
  headersMs: 30_000,
  bodyMs: 5_000,
  idleMs: 60_000,
};
