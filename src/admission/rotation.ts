/**
 * Which certificate the webhook shows, and which the API server is told to trust: a new one is shown only after the API
 * server has been told of it for a while, and the old one stays trusted meanwhile, so that no call is lost.
 *
 *     trusted: [A]     [A, B]            [A, B]        [B, C]
 *     shown:    A   ──▶  A   ── told ──▶   B   ── … ──▶  B
 *
 * @module
 */
import type { Certificate } from './certificate.ts';

export class Rotation {
  readonly #make: (nowMs: number) => Promise<Certificate>;
  #shown: Certificate;
  #trusted: readonly Certificate[];

  /** @param first shown from the beginning. */
  constructor(make: (nowMs: number) => Promise<Certificate>, first: Certificate) {
    this.#make = make;
    this.#shown = first;
    this.#trusted = [first];
  }

  /** What the server is to show. */
  get shown(): Certificate {
    return this.#shown;
  }

  /** What the API server is to trust, as PEM. */
  get caBundle(): string {
    return this.#trusted.map(({ certPem }) => certPem).join('');
  }

  /**
   * A new one also comes when the last one begins in the future: it was made by a clock that was ahead.
   *
   * One step, to be repeated at intervals longer than the API server takes to act on a changed registration (about a
   * second).
   *
   * @param nowMs milliseconds since the epoch.
   * @param toldBundle what the API server was told to trust by the time of the step before; undefined: it was told
   *   nothing, so it does not call.
   */
  async step(nowMs: number, toldBundle: string | undefined): Promise<void> {
    const newest = this.#trusted.at(-1) ?? this.#shown;
    const isPending = newest !== this.#shown;
    if (nowMs < newest.notBeforeMs || (!isPending && nowMs >= renewalMs(newest))) {
      this.#trusted = [this.#shown, await this.#make(nowMs)];
    } else if (isPending && (toldBundle === undefined || toldBundle === this.caBundle)) {
      this.#shown = newest;
    }
  }
}

/** When two thirds of its time are over: an API server that is away for a day is no harm. */
function renewalMs({ notBeforeMs, notAfterMs }: Certificate): number {
  return notBeforeMs + ((notAfterMs - notBeforeMs) * 2) / 3;
}
