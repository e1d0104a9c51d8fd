/**
 * kwok, which unlike real kubelets starts pods when it is told to.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Component, type ComponentOptions } from './component.ts';
import { withoutForcedDeletes, withPodStarts, type PodStart } from './kwok-stages.ts';

/** How to start kwok. */
export interface KwokStartOptions {
  /**
   * How long bound pods take until they run. Every pod has to match one of them, or it never runs. Absent: as at its
   * last start, at first at once.
   */
  readonly podStarts?: readonly PodStart[];
}

/** The kwok of a cluster. */
export class Kwok extends Component {
  readonly #configFile: string;

  constructor(options: ComponentOptions) {
    super(options);
    // The file that its command line names.
    this.#configFile = join(options.workDir, 'kwok.yaml');
  }

  /**
   * Starts it and resolves when it is ready.
   *
   * @throws when it runs already and delays are given; as {@link Component.start} otherwise
   */
  override async start({ podStarts }: KwokStartOptions = {}): Promise<void> {
    if (podStarts !== undefined) {
      if (this.pid !== undefined) throw new Error('kwok runs already; stop it to change its delays');
      this.#configure((config) => withPodStarts(config, podStarts));
    }
    await super.start();
  }

  /** Starts it again, from now on without a part in what is deleted by force; resolves when it is ready. */
  async leaveForcedDeletes(): Promise<void> {
    await this.kill();
    this.#configure(withoutForcedDeletes);
    await super.start();
  }

  #configure(change: (config: string) => string): void {
    writeFileSync(this.#configFile, change(readFileSync(this.#configFile, 'utf8')));
  }
}
