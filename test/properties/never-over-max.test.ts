/**
 * Whatever races, is lost, repeated or restarted: no Binding goes out that could bring a unit over max, the ledger is
 * right as soon as the watch has told everything, and no pod is stuck. Random worlds, shrunk by fast-check; on failure it
 * prints the seed, and the error holds the story. `PROPERTY_RUNS` asks for more runs than the default.
 */
import * as fc from 'fast-check';
import type * as LruCache from 'lru-cache';
import { expect, test, vi } from 'vitest';
import type { Setting } from './world.ts';
import { NODES, World } from './world.ts';

// The real sizes are allocated up front, which costs more than all else in a world of a few pods.
vi.mock('lru-cache', async (original) => {
  const { LRUCache } = await original<typeof LruCache>();
  return {
    LRUCache: class extends LRUCache<string, true> {
      constructor() {
        super({ max: 200 });
      }
    },
  };
});

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 5_000);
const MOST_STEPS = 60;
const MOST_MS = Math.max(60_000, RUNS * 20);

/** Some nodes, by bits; 0 means all. */
function nodesOf(bits: number): readonly string[] {
  const some = NODES.filter((_, i) => ((bits >> i) & 1) === 1);
  return some.length === 0 ? NODES : some;
}

/** What may happen next: how often, and how. `a` and `b` are random. */
const STEPS = {
  create: [3, (world, pod) => world.create(pod)],
  filter: [14, (world, pod, a) => void world.filter(pod, nodesOf(a))],
  'filter, behind': [3, (world, pod, a) => void world.filter(pod, nodesOf(a), 1 + (a >> 3))],
  bind: [12, (world, pod, a) => world.bind(pod, a)],
  'filter and bind': [
    10,
    (world, pod, a, b) => {
      world.filter(pod, nodesOf(a));
      world.bind(pod, b);
    },
  ],
  'bind again': [
    4,
    (world, pod, a, b) => {
      world.bind(pod, a);
      world.bind(pod, b % 4 === 0 ? b : a);
    },
  ],
  'create and filter': [
    4,
    (world, pod, a) => {
      world.create(pod);
      world.filter(pod, nodesOf(a));
    },
  ],
  'bind to any node': [1, (world, pod, a) => world.bindTo(pod, NODES[a % NODES.length] ?? '')],
  report: [3, (world, pod, a) => world.report(pod, `reason ${a % 3}`)],
  touch: [1, (world, pod) => world.touch(pod)],
  terminate: [2, (world, pod) => world.terminate(pod)],
  finish: [2, (world, pod) => world.finish(pod)],
  delete: [4, (world, pod) => world.delete(pod)],
  'carry out': [8, (world, _, a) => world.carryOut(a)],
  answer: [6, (world, _, a) => world.answer(a, false)],
  'lose answer': [3, (world, _, a) => world.answer(a, true)],
  'lose Binding': [2, (world, _, a) => world.refuse(a, undefined)],
  refuse: [3, (world, _, a, b) => world.refuse(a, ([429, 403, 0] as const)[b % 3])],
  duplicate: [1, (world, _, a) => world.duplicate(a)],
  'answer read': [4, (world, _, a, b) => world.answerRead(a, b)],
  deliver: [10, (world, _, a) => world.deliverPods(1 + (a % 3))],
  drain: [2, (world) => world.drain()],
  relist: [1, (world) => world.relist()],
  'deliver policy': [3, (world) => world.deliverPolicies(1)],
  'edit policy': [2, (world, _, a, b) => world.editPolicy([a % 3, b % 3])],
  'replace policy': [3, (world, _, a, b) => world.replacePolicy([a % 3, b % 3])],
  advance: [2, async (world, _, a) => world.advance(5 * (1 + (a % 16)))],
  expire: [2, (world) => world.expire()],
  'advance and expire': [
    5,
    async (world, _, a) => {
      await world.advance(a % 3 === 0 ? 125 : 10);
      world.expire();
    },
  ],
  restart: [1, (world, _, a) => world.restart(a)],
} satisfies Record<
  string,
  readonly [number, (world: World, pod: number, a: number, b: number) => void | Promise<void>]
>;

type StepName = keyof typeof STEPS;
const NAMES = Object.keys(STEPS) as StepName[];

const setting: fc.Arbitrary<Setting> = fc.record({
  isOverlapping: fc.boolean(),
  ignoreTerminatingPod: fc.boolean(),
  maxes: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 2 })),
  pods: fc.array(
    fc.record({
      group: fc.constantFrom('s1', 's1', 's1', 's2'),
      start: fc.constantFrom('waiting', 'waiting', 'waiting', 'absent', ...NODES),
    }),
    { minLength: 4, maxLength: 8 },
  ),
});

const step = fc.tuple(
  fc.constantFrom(...NAMES.flatMap((name) => Array.from({ length: STEPS[name][0] }, () => name))),
  fc.nat(7),
  fc.nat(31),
  fc.nat(31),
);

async function live(given: Setting, steps: readonly (readonly [StepName, number, number, number])[]) {
  const world = new World(given);
  for (const [name, pod, a, b] of steps) {
    const index = pod % given.pods.length;
    world.trace.push(`${name} (p${index}, ${a}, ${b})`);
    await (STEPS[name][1] as (...args: unknown[]) => void | Promise<void>)(world, index, a, b);
    await world.check();
  }
  world.trace.push('at rest');
  await world.checkAtRest();
}

test(
  'no interleaving brings a unit over max, confuses the ledger or leaves a pod stuck',
  async () => {
    const property = fc.asyncProperty(
      setting,
      fc.array(step, { minLength: 1, maxLength: MOST_STEPS, size: 'max' }),
      live,
    );
    await expect(fc.assert(property, { numRuns: RUNS })).resolves.toBeUndefined();
  },
  MOST_MS,
);
