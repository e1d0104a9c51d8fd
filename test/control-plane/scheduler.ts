/**
 * kube-scheduler, which unlike the other components is started with a configuration of the caller's.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Component, type ComponentOptions } from './component.ts';
import { kubeconfigOf } from './kwokctl.ts';
import { completeSchedulerConfig, type SchedulerConfig } from './scheduler-config.ts';

/** How to start the scheduler. */
export interface SchedulerStartOptions {
  /**
   * Its configuration, completed by {@link completeSchedulerConfig}. Absent: that of its last start, at first
   * kube-scheduler's defaults.
   */
  readonly config?: SchedulerConfig;
}

/** The kube-scheduler of a cluster. It does not run until it is started. */
export class Scheduler extends Component {
  readonly #workDir: string;

  constructor(options: ComponentOptions) {
    super(options);
    this.#workDir = options.workDir;
  }

  /**
   * Starts it and resolves when it has seen all nodes and pods and schedules.
   *
   * @throws when it runs already and a configuration is given; as {@link Component.start} otherwise
   */
  override async start({ config }: SchedulerStartOptions = {}): Promise<void> {
    if (config !== undefined) {
      if (this.pid !== undefined)
        throw new Error('kube-scheduler runs already; stop it to change its configuration');
      // The file that its command line names.
      writeFileSync(
        join(this.#workDir, 'scheduler.yaml'),
        completeSchedulerConfig(config, kubeconfigOf(this.#workDir)),
      );
    }
    await super.start();
  }
}
