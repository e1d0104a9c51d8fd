/**
 * Keeps a component running as a kubelet would: one that ends is started again, unless it is meant to be down.
 *
 * @module
 */
import type { Component } from '../../control-plane/component.ts';
import { waitUntil } from '../../control-plane/wait.ts';

const LOOK_EVERY_MS = 250;

export class Keeper {
  readonly component: Component;
  readonly #timer: NodeJS.Timeout;
  #turn: Promise<unknown> = Promise.resolve();
  #isWanted = true;
  #isLooking = false;
  /** How often it ended without being asked to, and was started again. */
  revivals = 0;

  constructor(component: Component) {
    this.component = component;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** SIGKILL; it stays down until {@link revive}. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    await this.#inTurn(() => this.component.kill());
  }

  /** Starts it again; does not wait until it is ready. */
  async revive(): Promise<void> {
    this.#isWanted = true;
    await this.#inTurn(() => this.#spawn());
  }

  /** SIGSTOP; nothing when it is not there. */
  async freeze(): Promise<void> {
    await this.#inTurn(() => this.component.pause()).catch(() => undefined);
  }

  /** SIGCONT; nothing when it is not there. */
  async thaw(): Promise<void> {
    await this.#inTurn(() => this.component.resume()).catch(() => undefined);
  }

  /** Leaves it as it is from now on. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#isWanted = false;
    await this.#turn;
  }

  async #look(): Promise<void> {
    if (this.#isLooking || !this.#isWanted) return;
    this.#isLooking = true;
    await this.#inTurn(async () => {
      if (!this.#isWanted || this.component.pid !== undefined) return;
      this.revivals += 1;
      await this.#spawn();
    });
    this.#isLooking = false;
  }

  async #spawn(): Promise<void> {
    // Its readiness may have to wait for others, so nobody waits for it here.
    void this.component.start().catch(() => undefined);
    await waitUntil(`${this.component.name} is started`, () => this.component.pid !== undefined, {
      timeoutMs: 5_000,
      intervalMs: 10,
    }).catch(() => undefined);
  }

  /** Calls on one component must not overlap. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    await mine;
  }
}
