/**
 * Waits for what a scenario expects, and shows that a state stays.
 *
 * @module
 */
import { waitUntil } from '../../control-plane/wait.ts';
import type { LogLine } from '../../support/extender-process.ts';
import type { ExpectForm, PlaceForm } from './format.ts';
import type { Objects } from './objects.ts';
import type { Paths } from './paths.ts';
import type { SeenPod } from './seen.ts';
import { differences } from './seen.ts';
import type { Stage } from './stage.ts';

/** What has not come true after this long does not come. */
const PATIENCE_MS = 30_000;
const TRIED_AGAIN = 'scenario.test/tried-again';

export class Observer {
  readonly #stage: Stage;
  readonly #paths: Paths;
  readonly #objects: Objects;
  /** Pods that a step has said were evicted. */
  #evicted: readonly string[] = [];

  constructor(stage: Stage, paths: Paths, objects: Objects) {
    this.#stage = stage;
    this.#paths = paths;
    this.#objects = objects;
  }

  /** @throws {Error} with every difference, when all of it together has not come true in time. */
  async expect({ within = PATIENCE_MS, ...expected }: ExpectForm): Promise<void> {
    let problems: readonly string[] = [];
    const holds = async (): Promise<boolean> => {
      problems = await this.#problems(expected);
      return problems.length === 0;
    };
    const failure: unknown = await waitUntil('it is as expected', holds, { timeoutMs: within }).catch(
      (error: unknown) => error,
    );
    // Without a difference it is a request that failed.
    if (failure instanceof Error && problems.length === 0) throw failure;
    if (problems.length > 0) throw new Error(`not so after ${within / 1_000} s:\n${problems.join('\n')}`);
    if (expected.evicted !== undefined) this.#evicted = expected.evicted;
  }

  /**
   * Each waiting pod is tried once more, by which time the extender has seen all that happened, and waits again.
   *
   * @throws {Error} when it was given a node, or waits with another text, or another pod has another place.
   */
  async stays(places: Readonly<Record<string, PlaceForm>>): Promise<void> {
    await this.#stage.podsSeen();
    await this.#objects.settle();
    for (const [name, { waiting }] of Object.entries(places)) {
      if (waiting !== undefined) await this.#waitsAgain(name);
    }
    // kube-scheduler writes its text after it has asked.
    await this.expect({ pods: places, evicted: this.#evicted });
  }

  /** @throws {Error} when a pod was evicted that no step has expected to be. */
  async nobodyElseEvicted(): Promise<void> {
    const problems = await this.#problems({ evicted: this.#evicted });
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }

  async #problems(expected: ExpectForm): Promise<readonly string[]> {
    const { items: pods } = await this.#stage.plane.api.request<{ items: SeenPod[] }>(
      'GET',
      this.#paths.pods,
    );
    const evicted = this.#objects.evicted(pods);
    const isAsExpected =
      expected.evicted === undefined || String(evicted) === String(expected.evicted.toSorted());
    return [
      ...differences(pods, expected),
      ...(isAsExpected ? [] : [`expected evicted: ${namesOr(expected.evicted)}, were: ${namesOr(evicted)}`]),
    ];
  }

  /**
   * Makes kube-scheduler try a waiting pod, and resolves when it has and found no node for it.
   *
   * @throws {Error} when the pod was given a node.
   */
  async #waitsAgain(name: string): Promise<void> {
    const { extender, plane } = this.#stage;
    const from = extender.log.length;
    if (this.#decision(name, 0) !== undefined) {
      await plane.api.request('PATCH', this.#paths.pod(name), {
        metadata: { annotations: { [TRIED_AGAIN]: String(from) } },
      });
      const tried = `${name} is tried again`;
      const { outcome, msg } = await waitUntil(tried, () => this.#decision(name, from), { intervalMs: 10 });
      if (outcome === 'chosen') throw new Error(`${name} was given a node: ${msg}`);
      return;
    }
    // No node has room for it: kube-scheduler does not ask the extender, and is not moved by an annotation.
    const attempts = await this.#stage.failedAttempts();
    await this.#stage.stir(this.#objects.anyNode());
    await waitUntil(`${name} is tried again`, async () => (await this.#stage.failedAttempts()) > attempts);
  }

  /** The extender's last decision about the pod, if there is one after the first lines of its log. */
  #decision(name: string, from: number): LogLine | undefined {
    const key = `${this.#paths.namespace}/${name}`;
    return this.#stage.extender.log
      .slice(from)
      .findLast(({ pod, candidates }) => pod === key && candidates !== undefined);
  }
}

function namesOr(names: readonly string[] = []): string {
  return names.join(', ') || 'none';
}
