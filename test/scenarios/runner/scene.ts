/**
 * One scenario on the stage, from its set-up to its removal.
 *
 * @module
 */
import type { DeleteForm, Scenario, Step } from './format.ts';
import { Objects } from './objects.ts';
import { Observer } from './observer.ts';
import { Paths } from './paths.ts';
import { Policies } from './policies.ts';
import type { Stage } from './stage.ts';

/** Lines of the extender's log that a failure shows. */
const LOG_LINES = 12;

export class Scene {
  readonly #stage: Stage;
  readonly #scenario: Scenario;
  readonly #paths: Paths;
  readonly #objects: Objects;
  readonly #policies: Policies;
  readonly #observer: Observer;

  /** @param name also the namespace's. */
  constructor(stage: Stage, name: string, scenario: Scenario) {
    this.#stage = stage;
    this.#scenario = scenario;
    this.#paths = new Paths(name);
    this.#objects = new Objects(stage, this.#paths);
    this.#policies = new Policies(stage, this.#paths);
    this.#observer = new Observer(stage, this.#paths, this.#objects);
  }

  /** @throws {Error} naming the first step that failed, and how. */
  async play(): Promise<void> {
    const { nodes, policies = [], priorityClasses = {}, runtimeClasses = {}, steps } = this.#scenario;
    const { namespace } = this.#paths;
    await this.#stage.plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    await this.#objects.addNodes(nodes);
    await this.#stage.admits(namespace, {});
    for (const [name, value] of Object.entries(priorityClasses)) {
      await this.#objects.createPriorityClass(name, value);
    }
    for (const [name, overhead] of Object.entries(runtimeClasses)) {
      await this.#objects.createRuntimeClass(name, overhead);
    }
    for (const policy of policies) await this.#policies.apply(policy);
    await this.#perform(steps, 'steps');
    await this.#observer.nobodyElseEvicted();
  }

  /** Removes all that the scenario made, and starts the extender if it was left dead; the namespace ends in its own time. */
  async cleanUp(): Promise<void> {
    const { api } = this.#stage.plane;
    await this.#objects.removeAll();
    await api.request('DELETE', this.#paths.policies);
    await api.request('DELETE', `/api/v1/namespaces/${this.#paths.namespace}`);
    await this.#stage.extenderRuns();
    await this.#stage.policiesSeen();
  }

  async #perform(steps: readonly Step[], path: string): Promise<void> {
    for (const [index, step] of steps.entries()) {
      const place = `${path}[${index}].${step.key}`;
      if (step.key === 'repeat') {
        for (let round = 1; round <= step.value.times; round += 1) {
          await this.#perform(step.value.steps, `${place} (round ${round}).steps`);
        }
        continue;
      }
      try {
        await this.#step(step);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        throw new Error(`${place}: ${said}\n${this.#extenderSaid()}`, { cause: error });
      }
    }
  }

  async #step(step: Exclude<Step, { key: 'repeat' }>): Promise<void> {
    switch (step.key) {
      case 'create':
        return this.#objects.create(step.value);
      case 'expect':
        return this.#observer.expect(step.value);
      case 'stays':
        return this.#observer.stays(step.value);
      case 'apply':
        return this.#policies.apply(step.value);
      case 'refused':
        return this.#policies.refused(step.value.policy, step.value.because);
      case 'patch':
        return this.#policies.patch(step.value.policy, step.value.spec);
      case 'delete':
        return this.#delete(step.value);
      case 'add':
        return this.#objects.addNodes(step.value);
      case 'extender':
        return this.#extender(step.value);
      case 'tick':
        return this.#stage.nextSecond();
      case 'label':
        return this.#objects.label(step.value);
      case 'annotate':
        return this.#objects.annotate(step.value);
      case 'finish':
        return this.#objects.finish(step.value);
      case 'release':
        return this.#objects.release(step.value.pod);
      case 'recreate':
        return this.#objects.recreate(step.value);
      case 'scale':
        return this.#objects.scale(step.value);
      case 'bind':
        return this.#objects.bind(step.value);
    }
  }

  async #extender(what: 'kill' | 'stop' | 'start' | 'restart'): Promise<void> {
    if (what === 'stop') {
      const exitCode = await this.#stage.extender.stop();
      if (exitCode !== 0) throw new Error(`it ended with exit code ${exitCode}`);
    }
    if (what === 'kill' || what === 'restart') await this.#stage.extender.kill();
    if (what === 'start' || what === 'restart') await this.#stage.extenderRuns();
  }

  async #delete({ pod, policy, node, deployment, gracePeriodSeconds, force }: DeleteForm): Promise<void> {
    if (pod !== undefined) await this.#objects.deletePod(pod, force === true ? 0 : gracePeriodSeconds);
    if (policy !== undefined) await this.#policies.delete(policy);
    if (node !== undefined) await this.#objects.deleteNode(node);
    if (deployment !== undefined) await this.#objects.deleteDeployment(deployment);
  }

  /** What the extender last logged about this scenario, for whoever looks for the reason of a failure. */
  #extenderSaid(): string {
    const lines = this.#stage.extender.log.map((line) => JSON.stringify(line));
    const about = lines.filter((line) => line.includes(`"${this.#paths.namespace}/`));
    return ['The last of what the extender logged about it:', ...about.slice(-LOG_LINES)].join('\n');
  }
}
