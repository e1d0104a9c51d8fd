/**
 * What the fake API server does wrong when a test tells it to.
 *
 * @module
 */

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly takesGzip: boolean;
  readonly body: string;
  /** The client's port: tells connections apart. */
  readonly port: number | undefined;
}

/**
 * - `answer`: this answer instead of the true one; nothing is done
 * - `hang`: no answer; nothing is done
 * - `break`: the connection breaks; nothing is done
 * - `lose-answer`: it is done, then the connection breaks
 * - `hold`: it is done and answered once `until` resolves
 */
export type Fault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'break' }
  | { readonly kind: 'lose-answer' }
  | { readonly kind: 'hold'; readonly until: Promise<void> };

interface Rule {
  readonly matches: (request: SeenRequest) => boolean;
  readonly fault: Fault;
  timesLeft: number;
}

/** Faults to come, each for a number of requests. */
export class Faults {
  readonly #rules: Rule[] = [];

  /** @param times How many matching requests meet the fault; default once. */
  add(fault: Fault, matches: Rule['matches'] = () => true, times = 1): void {
    this.#rules.push({ fault, matches, timesLeft: times });
  }

  clear(): void {
    this.#rules.length = 0;
  }

  next(request: SeenRequest): Fault | undefined {
    const rule = this.#rules.find((candidate) => candidate.timesLeft > 0 && candidate.matches(request));
    if (rule !== undefined) rule.timesLeft -= 1;
    return rule?.fault;
  }
}

export const isWatch = (request: SeenRequest): boolean => request.query.get('watch') === '1';
export const isList = (request: SeenRequest): boolean =>
  request.method === 'GET' && request.query.has('limit');
export const isBinding = (request: SeenRequest): boolean => request.path.endsWith('/binding');
