/**
 * Keeps the webhook registered with the API server, under one name. Level-triggered: each round reads what stands and
 * writes what is missing, so edits and lost answers mend themselves.
 *
 * The name belongs to the process that started last: a first round takes it over, for what stands there may be left by
 * a process that was killed. Who finds later that another one has taken it leaves it alone, and takes it up again only
 * when nothing stands there.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import { messageOf } from '../facts/message-of.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Wanted, WebhookConfiguration } from './configuration.ts';
import { INSTANCE_ANNOTATION, says, webhookConfiguration } from './configuration.ts';

/** A configuration as the API server holds it. */
export interface StandingConfiguration {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly annotations: Labels;
  readonly webhooks: unknown;
}

/**
 * Where configurations are kept. A version is that of a {@link StandingConfiguration}; each write rejects unless it is
 * still the one that stands, and when it could not be done.
 */
export interface WebhookConfigurations {
  /** Undefined: there is none of that name. */
  read(name: string): Promise<StandingConfiguration | undefined>;
  create(configuration: WebhookConfiguration): Promise<void>;
  replace(configuration: WebhookConfiguration, version: StandingConfiguration): Promise<void>;
  remove(name: string, version: StandingConfiguration): Promise<void>;
}

export interface RegistrationParts {
  readonly configurations: WebhookConfigurations;
  readonly name: string;
  /** Names this process, and no other ever. */
  readonly instance: string;
  /** Where the API server calls. */
  readonly url: string;
  readonly logger: Logger;
}

const RETRY_MS = 5_000;
/** Rounds that {@link Registration.stop} tries: others may write at the same time. */
const REMOVAL_ROUNDS = 3;

export class Registration {
  readonly #parts: RegistrationParts;
  #wanted: Wanted | undefined;
  #standing: Wanted | undefined;
  #isDue = false;
  #hasTakenOver = false;
  #isYielding = false;
  #isStopped = false;
  #isRunning = false;
  #running = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  /** What the API server was last found, or made, to say on our behalf; undefined: it does not call us. */
  get standing(): Wanted | undefined {
    return this.#standing;
  }

  /** From now on this is to stand; without namespaces, nothing is. Call it again now and then to mend what others did. */
  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#due();
  }

  /** Takes the registration away, if it is ours, and writes no more. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    clearTimeout(this.#retry);
    if (this.#wanted === undefined) return;
    for (let round = 1; ; round += 1) {
      try {
        await this.#removeOurs();
        return;
      } catch (error) {
        if (round < REMOVAL_ROUNDS) continue;
        this.#parts.logger.warn(
          `the webhook stays registered, which delays pods a little; kubectl delete mutatingwebhookconfiguration ` +
            `${this.#parts.name} ends that: ${messageOf(error)}`,
        );
        return;
      }
    }
  }

  #due(): void {
    this.#isDue = true;
    if (this.#isStopped || this.#isRunning) return;
    clearTimeout(this.#retry);
    this.#isRunning = true;
    this.#running = this.#rounds();
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#isDue && !this.#isStopped && this.#wanted !== undefined) {
        this.#isDue = false;
        await this.#round(this.#wanted);
      }
    } catch (error) {
      this.#parts.logger.warn(
        { registration: this.#parts.name },
        `the webhook could not be registered, trying again: ${messageOf(error)}`,
      );
      this.#retry = setTimeout(() => this.#due(), RETRY_MS);
    } finally {
      // Here and not in a `then`: a wish that comes between the last look at #isDue and its turn would be lost.
      this.#isRunning = false;
    }
  }

  async #round(wanted: Wanted): Promise<void> {
    const { configurations, name } = this.#parts;
    const found = await configurations.read(name);
    if (found !== undefined && !this.#isOurs(found) && this.#hasTakenOver) {
      this.#yield(found);
      return;
    }
    this.#isYielding = false;
    if (wanted.namespaces.length === 0) {
      if (found !== undefined) await configurations.remove(name, found);
      this.#stands(undefined);
    } else {
      await this.#write(webhookConfiguration(this.#parts, wanted), found);
      this.#stands(wanted);
    }
    this.#hasTakenOver = true;
  }

  async #write(configuration: WebhookConfiguration, found: StandingConfiguration | undefined): Promise<void> {
    const { configurations } = this.#parts;
    if (found === undefined) await configurations.create(configuration);
    else if (!this.#isOurs(found) || !says(found.webhooks, configuration.webhooks)) {
      await configurations.replace(configuration, found);
    }
  }

  #stands(wanted: Wanted | undefined): void {
    const { logger, name, url } = this.#parts;
    const before = this.#standing?.namespaces.join();
    this.#standing = wanted;
    if (wanted?.namespaces.join() === before) return;
    logger.info(
      { registration: name, url, namespaces: wanted?.namespaces ?? [] },
      wanted === undefined ? 'webhook not registered: no policy needs it' : 'webhook registered',
    );
  }

  #yield(found: StandingConfiguration): void {
    this.#standing = undefined;
    if (this.#isYielding) return;
    this.#isYielding = true;
    this.#parts.logger.warn(
      { registration: this.#parts.name, by: found.annotations[INSTANCE_ANNOTATION] },
      'another process has registered its webhook under our name, which is left to it; for two at a time, give each its own --admission-name',
    );
  }

  async #removeOurs(): Promise<void> {
    const { configurations, name } = this.#parts;
    const found = await configurations.read(name);
    if (found !== undefined && this.#isOurs(found)) await configurations.remove(name, found);
    this.#standing = undefined;
  }

  #isOurs({ annotations }: StandingConfiguration): boolean {
    return annotations[INSTANCE_ANNOTATION] === this.#parts.instance;
  }
}
