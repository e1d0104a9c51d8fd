/**
 * Waits for what a scenario expects, and shows that a state stays.
 *
 * @module
 */
import { waitUntil } from '../../control-plane/wait.ts';
import type { ExpectForm, PlaceForm } from './format.ts';
import type { Objects } from './objects.ts';
import type { Paths } from './paths.ts';
import type { SeenPod } from './seen.ts';
import { differences } from './seen.ts';
import type { Stage } from './stage.ts';

/** What has not come true after this long does not come. */
const PATIENCE_MS = 20_000;
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
   * @throws {Error} when a pod has another place then.
   */
  async stays(places: Readonly<Record<string, PlaceForm>>): Promise<void> {
    await this.#stage.podsSeen();
    await this.#objects.settle();
    for (const [name, { waiting }] of Object.entries(places)) {
      if (waiting !== undefined) await this.#tryAgain(name);
    }
    await this.nothingElse({ pods: places });
  }

  /** @throws {Error} when this is not so now, or a pod was evicted that no step has expected to be. */
  async nothingElse(expected: ExpectForm = {}): Promise<void> {
    const problems = await this.#problems({ evicted: this.#evicted, ...expected });
    if (problems.length > 0) throw new Error(`it did not stay so:\n${problems.join('\n')}`);
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

  /** Makes kube-scheduler try a waiting pod, and resolves when it has. */
  async #tryAgain(name: string): Promise<void> {
    const { extender, plane } = this.#stage;
    const isDecided = (from: number): boolean =>
      extender.log
        .slice(from)
        .some(
          ({ pod, candidates }) => pod === `${this.#paths.namespace}/${name}` && candidates !== undefined,
        );
    const from = extender.log.length;
    if (isDecided(0)) {
      await plane.api.request('PATCH', this.#paths.pod(name), {
        metadata: { annotations: { [TRIED_AGAIN]: String(from) } },
      });
      await waitUntil(`${name} is tried again`, () => isDecided(from), { intervalMs: 10 });
      return;
    }
    // No node has room for it: kube-scheduler does not ask the extender, and is not moved by an annotation.
    const attempts = await this.#stage.failedAttempts();
    await this.#stage.stir(this.#objects.anyNode());
    await waitUntil(`${name} is tried again`, async () => (await this.#stage.failedAttempts()) > attempts);
  }
}

function namesOr(names: readonly string[] = []): string {
  return names.join(', ') || 'none';
}
