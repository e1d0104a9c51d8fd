/**
 * Which bodies are read at all, decided by their headers: only what kube-scheduler and the API server send, and not more
 * at once than there is room for.
 *
 * @module
 */
import type { Request, RequestHandler } from 'express';
import express from 'express';

/** A body that is not read; the status is the answer's. */
export class UnacceptableBody extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Bytes of bodies that are being read or worked on; requests share one. */
export class BodyBudget {
  readonly #most: number;
  #taken = 0;

  /** @param most bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes bytes until the returned function is called; undefined: there are not so many left. */
  take(bytes: number): (() => void) | undefined {
    if (this.#taken + bytes > this.#most) return undefined;
    this.#taken += bytes;
    return () => {
      this.#taken -= bytes;
    };
  }
}

/** Largest body, in bytes, and what can be done about one that is larger. */
export interface BodyLimit {
  readonly bytes: number;
  readonly wayOut: string;
}

/**
 * Reads a body as bytes, or passes an {@link UnacceptableBody} on.
 *
 * @param budget absent: as many at once as there are connections.
 */
export function readBody(
  { bytes: most, wayOut }: BodyLimit,
  budget = new BodyBudget(Infinity),
): RequestHandler[] {
  return [
    (request, response, next) => {
      const bytes = Number(request.headers['content-length'] ?? 0);
      const problem =
        problemOf(request) ??
        (bytes > most
          ? new UnacceptableBody(413, `the body is over the limit of ${most} bytes; ${wayOut}`)
          : undefined);
      if (problem !== undefined) {
        next(problem);
        return;
      }
      const giveBack = budget.take(bytes);
      if (giveBack === undefined) {
        next(new UnacceptableBody(503, 'too many bodies are being read at once; try again'));
        return;
      }
      response.once('close', giveBack);
      next();
    },
    express.raw({ type: () => true, inflate: false, limit: most }),
  ];
}

function problemOf({ headers }: Request): UnacceptableBody | undefined {
  // Browsers send one of them with every POST, whatever page makes them do it, and no other client of ours does: a
  // page that its user opened on this host must not place pods.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    return new UnacceptableBody(403, 'web pages have no business here');
  // Of any length until it ends. Kubernetes' clients always say how long their bodies are.
  if (headers['transfer-encoding'] !== undefined)
    return new UnacceptableBody(411, 'the body needs a Content-Length');
  // Unpacked, a small body may be a large one, and those clients compress none.
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    return new UnacceptableBody(415, 'the body must not be compressed');
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? ''))
    return new UnacceptableBody(415, 'the body must have Content-Type application/json');
  return undefined;
}
